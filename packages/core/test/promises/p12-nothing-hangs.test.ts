import { inspect } from 'node:util'
import { memoryStore, type TokenStore } from '@evergrant/core'
import { map } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

describe('P12 nothing hangs, nothing leaks', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P12 a server that never answers: every caller is told within its bound, over few requests', async () => {
    rig.server.always('silence')
    const session = rig.open()
    const callers: { result: string | null }[] = []
    for (let tick = 0; tick < 300; tick += 1) {
      callers.push(settled(session.getToken()))
      await rig.clock.advance(100)
    }
    await rig.clock.advance(30_000)
    expect(callers.every(({ result }) => result === 'wait-timeout' || result === 'token-unavailable')).toBe(true)
    expect(rig.server.requests.filter(({ at }) => at < rig.clock.time - 30_000).length).toBeLessThanOrEqual(3)
    expect(rig.server.peak).toBe(1)
  })

  it('P12 a provider that does not heed its signal is given up all the same', async () => {
    rig.server.next(() => new Promise(() => undefined))
    const session = rig.open()
    const caller = settled(session.getToken())
    await rig.clock.advance(17_000)
    expect(caller.result).toBe('access-1')
  })

  it('P12 a lease that another holds for ever bounds the wait', async () => {
    const store = memoryStore()
    await store.lease('grant/default', { ttl: 1_000, signal: new AbortController().signal })
    const session = rig.open({ store })
    const caller = settled(session.getToken())
    await rig.clock.advance(30_000)
    expect(caller.result).toBe('wait-timeout')
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { code: 'lease-timeout' } })
  })

  it('P12 an abort is heard at once, before and during the wait', async () => {
    rig.server.always('silence')
    const session = rig.open()
    expect(await rig.ask(session, { signal: AbortSignal.abort(new Error('too late')) })).toBe('too late')
    const leaving = new AbortController()
    const caller = settled(session.getToken({ signal: leaving.signal }))
    await rig.clock.settle()
    leaving.abort(new Error('changed my mind'))
    await rig.clock.settle()
    expect(caller.result).toBe('changed my mind')
  })

  it('P12 a subscriber that throws breaks nobody else', async () => {
    const heard: unknown[] = []
    const session = rig.open({ onListenerError: (error) => heard.push(error) })
    const tokens: (string | null)[] = []
    const boom = () => {
      throw new Error('a subscriber fails')
    }
    session.token$.subscribe(boom)
    session.status$.pipe(map((status) => status.state)).subscribe(boom)
    session.subscribe(boom)
    session.token$.subscribe((token) => tokens.push(token?.value ?? null))
    expect(await rig.ask(session)).toBe('access-1')
    expect(tokens).toEqual([null, 'access-1'])
    expect(heard.length).toBeGreaterThanOrEqual(4)
  })

  it('P12 nor does one whose fault the reporter itself cannot bear', async () => {
    const fail = () => {
      throw new Error('no log to write to')
    }
    const session = rig.open({ onListenerError: fail })
    const states: string[] = []
    session.subscribe(fail)
    session.token$.subscribe(fail)
    session.subscribe(({ state }) => states.push(state))
    expect(await rig.ask(session)).toBe('access-1')
    expect(states).toEqual(['refreshing', 'valid'])
  })

  it('P12 a subscriber may call back into the session', async () => {
    const session = rig.open()
    const states: string[] = []
    session.token$.subscribe((token) => {
      if (token?.generation === 1) session.reportRejected(token)
    })
    session.status$.subscribe(({ state }) => states.push(state))
    await rig.ask(session)
    await rig.clock.advance(10_000)
    expect(session.peekToken()?.value).toBe('access-2')
    expect(states.at(-1)).toBe('valid')
  })

  it('P12 a subscriber that acts on the value it is greeted with sees what comes of it', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always({ kind: 'server', status: 503 })
    const seen: (number | null)[] = []
    session.token$.subscribe((token) => {
      seen.push(token?.generation ?? null)
      if (token !== null) session.reportRejected(token)
    })
    await rig.clock.settle()
    expect(seen).toEqual([1, null])
  })

  it('P12 dispose waits for the request in flight, and its answer is saved', async () => {
    const store = memoryStore()
    rig.server.next(async () => {
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 3_000, resolve))
      return { accessToken: 'rotating', expiresIn: 900, refreshToken: 'refresh-2' }
    })
    const session = rig.open({ store })
    const caller = settled(session.getToken())
    await rig.clock.advance(1_000)
    let gone = false
    const disposal = session.dispose().then(() => (gone = true))
    await rig.clock.settle()
    expect(caller.result).toBe('disposed')
    expect(gone).toBe(false)
    await rig.clock.advance(2_000)
    await disposal
    expect(JSON.stringify((await store.read('grant/default'))?.value)).toContain('refresh-2')
    expect(await rig.ask(session)).toBe('disposed')
    expect(session.peekToken()).toBeNull()
  })

  it('P12 dispose has a bound of its own, completes the observables and leaves no alarm', async () => {
    rig.server.always(() => new Promise(() => undefined))
    const session = rig.open()
    let completed = 0
    const end = { complete: () => (completed += 1) }
    session.token$.subscribe(end)
    session.status$.subscribe(end)
    session.events$.subscribe(end)
    settled(session.getToken())
    await rig.clock.settle()
    const disposal = session.dispose()
    await rig.clock.advance(20_000)
    await disposal
    expect(completed).toBe(3)
    expect(rig.clock.pending).toBe(0)
  })

  it('P12 an idle session holds nothing: one alarm, which does not keep the process', async () => {
    const session = rig.open()
    expect(rig.clock.pending).toBe(0)
    await rig.ask(session)
    expect(rig.clock.pending).toBe(1)
    expect(rig.clock.held).toBe(0)
  })

  it('P12 a waiting caller does keep the process alive', async () => {
    rig.server.next({ kind: 'rate-limited', status: 429, retryAfter: 5_000 })
    const caller = settled(rig.open().getToken())
    await rig.clock.settle()
    expect(rig.clock.held).toBe(1)
    await rig.clock.advance(6_000)
    expect(caller.result).toBe('access-1')
    expect(rig.clock.held).toBe(0)
  })

  it('P12 a session keeps the process alive if asked to', async () => {
    rig.server.always({ kind: 'rejected', oauthCode: 'invalid_grant' })
    const session = rig.open({ keepAlive: true })
    await rig.ask(session)
    expect(session.getSnapshot().state).toBe('revoked')
    expect(rig.clock.held).toBe(1)
    await session.dispose()
    expect(rig.clock.held).toBe(0)
  })

  it('P11 a stranger of a store that fails under setCredentials() or signOut() is not quoted', async () => {
    const store = { ...memoryStore(), write: () => Promise.reject(new Error('could not write refresh-9')) }
    const session = rig.open({ store })
    for (const change of [() => session.setCredentials({ refreshToken: 'refresh-9' }), () => session.signOut()]) {
      const error = await change().catch((fault: unknown) => fault)
      expect(error).toMatchObject({ code: 'internal' })
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain('refresh-9')
    }
  })

  it('P12 a store that rejects with something of its own ends in a typed error and is tried again', async () => {
    const inner = memoryStore()
    let broken = true
    const store: TokenStore = {
      ...inner,
      read: (key) => (broken ? Promise.reject(new Error('socket closed')) : inner.read(key)),
    }
    const session = rig.open({ store })
    expect(await rig.ask(session)).toBe('internal')
    broken = false
    await rig.clock.advance(60_000)
    expect(session.getSnapshot().state).toBe('valid')
  })
})
