import {
  createSessionPool,
  EvergrantError,
  memoryStore,
  sealCredentials,
  type AccessToken,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import { Subject, type Subscription } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handMadeClock } from '../support/hand-made-clock.ts'
import { createPoolRig, HOUR, MINUTE, names, REVOKED, ROOMY, SECOND, watchAll } from './pool-rig.ts'

const leave = (subscription: Subscription) => () => subscription.unsubscribe()

describe('a pool', () => {
  let rig: ReturnType<typeof createPoolRig>
  beforeEach(() => (rig = createPoolRig()))
  afterEach(() => rig.close())

  async function tokenOf(pool: ReturnType<typeof rig.open>, account: string): Promise<AccessToken> {
    const asked = pool.session(account).getToken()
    asked.catch(() => undefined)
    await rig.clock.advance(SECOND)
    return asked
  }

  it('gives one session for an account, and reads and sends nothing before it is used', async () => {
    let reads = 0
    const memory = memoryStore()
    const read: TokenStore['read'] = (key) => {
      reads += 1
      return memory.read(key)
    }
    const pool = rig.open({ store: { ...memory, read } })
    const session = pool.session('a')
    expect(pool.session('a')).toBe(session)
    expect(session.account).toBe('a')
    expect(session.provider).toBe(rig.server.provider)
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', usable: false })
    expect(session.peekToken()).toBeNull()
    await rig.clock.advance(HOUR)
    expect([reads, pool.size, rig.clock.pending]).toEqual([0, 0, 0])
    expect((await tokenOf(pool, 'a')).value).toBe('access-1 of refresh of a')
    expect(pool.accounts).toEqual(['a'])
    expect(session.peekToken()?.generation).toBe(1)
  })

  it('tells what happens to its accounts, and keeps none of them awake for that', async () => {
    const pool = rig.open({ idleAfter: MINUTE })
    const told: string[] = []
    let ended = false
    pool.events$.subscribe({
      next: ({ account, event }) => told.push(`${account}: ${event.type === 'state-changed' ? event.to : event.type}`),
      complete: () => (ended = true),
    })
    await tokenOf(pool, 'a')
    await tokenOf(pool, 'b')
    expect(told.filter((line) => /: (?:refreshing|valid)$/.test(line))).toEqual([
      'a: refreshing',
      'a: valid',
      'b: refreshing',
      'b: valid',
    ])
    await rig.clock.advance(2 * MINUTE)
    expect(pool.size).toBe(0)
    await pool.dispose()
    expect(ended).toBe(true)
  })

  it('puts an account to sleep that nobody has used, and wakes it with its token, without a request', async () => {
    const pool = rig.open({ idleAfter: 4 * MINUTE })
    const session = pool.session('a')
    const token = await tokenOf(pool, 'a')
    await rig.clock.advance(3 * MINUTE)
    expect(pool.accounts).toEqual(['a'])
    await rig.clock.advance(2 * MINUTE)
    expect(pool.accounts).toEqual([])
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', usable: false })
    expect(session.peekToken()).toBeNull()
    expect(rig.clock.pending).toBe(0)
    expect(await tokenOf(pool, 'a')).toMatchObject({ value: token.value, generation: 1 })
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', usable: true })
    expect(rig.server.requests).toHaveLength(1)
  })

  it('sends nothing for those that sleep, and renews a token that died in its sleep when it is asked for', async () => {
    const pool = rig.open({ idleAfter: MINUTE })
    await tokenOf(pool, 'a')
    await rig.clock.advance(24 * HOUR)
    expect(rig.server.requests).toHaveLength(1)
    expect(await tokenOf(pool, 'a')).toMatchObject({ generation: 2 })
  })

  it('lets nobody sleep who is used, if only by a look at the token', async () => {
    const pool = rig.open({ idleAfter: 4 * MINUTE })
    const tokens = [await tokenOf(pool, 'a'), await tokenOf(pool, 'b')]
    expect(tokens).toHaveLength(2)
    for (let minutes = 0; minutes < 30; minutes += 2) {
      await rig.clock.advance(2 * MINUTE)
      expect(pool.session('a').peekToken()).not.toBeNull()
    }
    expect(pool.accounts).toEqual(['a'])
  })

  it.for([
    ['token$', (session: TokenSession) => leave(session.token$.subscribe())],
    ['status$', (session: TokenSession) => leave(session.status$.subscribe())],
    ['events$', (session: TokenSession) => leave(session.events$.subscribe())],
    ['subscribe', (session: TokenSession) => session.subscribe(() => undefined)],
  ] as const)('lets nobody sleep who is followed by %s', async ([, follow]) => {
    const pool = rig.open({ idleAfter: MINUTE })
    const stop = follow(pool.session('a'))
    await tokenOf(pool, 'a')
    await rig.clock.advance(HOUR)
    expect(pool.sleep('a')).toBe(false)
    expect(pool.accounts).toEqual(['a'])
    expect(rig.server.requests.length).toBeGreaterThan(3)
    stop()
    stop()
    await rig.clock.advance(50 * SECOND)
    expect(pool.accounts).toEqual(['a'])
    await rig.clock.advance(MINUTE)
    expect(pool.accounts).toEqual([])
    follow(pool.session('a'))
    expect(pool.sleep('a')).toBe(false)
  })

  it('wakes an account that is followed, and it goes on with what it was at', async () => {
    const pool = rig.open()
    const session = pool.session('a')
    const { token$, status$ } = session
    await tokenOf(pool, 'a')
    expect(pool.sleep('a')).toBe(true)
    const tokens: (number | null)[] = []
    const states: string[] = []
    status$.subscribe(({ state }) => states.push(state))
    token$.subscribe((token) => tokens.push(token?.generation ?? null))
    await rig.clock.settle()
    expect(tokens).toEqual([null, 1])
    expect(states).toEqual(['unauthenticated', 'valid'])
    expect(rig.server.requests).toHaveLength(1)
  })

  it('fetches nothing for a follower of an account that nobody has asked of', async () => {
    const pool = rig.open()
    const states: string[] = []
    pool.session('a').subscribe(({ state }) => states.push(state))
    await rig.clock.advance(MINUTE)
    expect([pool.size, states.length, rig.server.requests.length]).toEqual([1, 0, 0])
  })

  it('does not put to sleep where a request is under way or a caller waits', async () => {
    const pool = rig.open()
    watchAll(pool, ['a'])
    expect(pool.sleep('a')).toBe(false)
    await rig.clock.settle()
    expect(pool.sleep('a')).toBe(false)
    await rig.clock.advance(SECOND)
    expect(pool.sleep('a')).toBe(true)
    expect(pool.sleep('nobody')).toBe(true)
  })

  it('does not put to sleep where a request is under way that nobody waits for any more', async () => {
    const pool = rig.open()
    const controller = new AbortController()
    pool
      .session('a')
      .getToken({ signal: controller.signal })
      .catch(() => undefined)
    await rig.clock.settle()
    controller.abort()
    await rig.clock.settle()
    expect(pool.sleep('a')).toBe(false)
    await rig.clock.advance(SECOND)
    expect(pool.sleep('a')).toBe(true)
  })

  it('does not put to sleep where a caller waits for the next try', async () => {
    const pool = rig.open({ idleAfter: SECOND })
    rig.server.failAll({ kind: 'server', status: 503, retryAfter: 20 * SECOND })
    const served = watchAll(pool, ['a'])
    await rig.clock.advance(5 * SECOND)
    expect(pool.session('a').getSnapshot().state).toBe('backoff')
    expect(pool.sleep('a')).toBe(false)
    rig.server.failAll(null)
    await rig.clock.advance(20 * SECOND)
    expect(served).toEqual(['a'])
  })

  it('does not put to sleep while credentials are changed', async () => {
    const memory = memoryStore()
    let written = () => undefined as void
    const held = new Promise<void>((resolve) => (written = resolve))
    const write: TokenStore['write'] = async (...what) => {
      await held
      return memory.write(...what)
    }
    const pool = rig.open({ store: { ...memory, write } })
    const change = pool.session('a').setCredentials({ refreshToken: 'another' })
    await rig.clock.settle()
    expect(pool.sleep('a')).toBe(false)
    written()
    await change
    expect(pool.sleep('a')).toBe(true)
  })

  it('P5 does not put to sleep with a refusal that the store does not know of', async () => {
    const pool = rig.open()
    const token = await tokenOf(pool, 'a')
    rig.server.failAll({ kind: 'server', status: 503, retryAfter: HOUR })
    await pool
      .session('a')
      .refresh({ force: true, maxWait: 0 })
      .catch(() => undefined)
    await rig.clock.advance(SECOND)
    pool.session('a').reportRejected(token)
    expect(pool.session('a').getSnapshot().state).toBe('backoff')
    expect(pool.sleep('a')).toBe(false)
  })

  it('P2 does not put to sleep with a death that the store does not know of', async () => {
    const inner = memoryStore()
    let back = false
    const write: TokenStore['write'] = (...call) =>
      back || rig.server.requests.length === 0 ? inner.write(...call) : Promise.reject(new Error('socket closed'))
    const pool = rig.open({ store: { ...inner, write } })
    rig.server.fail('a', REVOKED)
    await expect(tokenOf(pool, 'a')).rejects.toMatchObject({ code: 'grant-revoked' })
    expect(pool.session('a').getSnapshot().state).toBe('revoked')
    expect(pool.sleep('a')).toBe(false)
    back = true
    const insisted = pool.session('a').refresh({ force: true })
    insisted.catch(() => undefined)
    await rig.clock.advance(SECOND)
    expect(pool.session('a').getSnapshot().state).toBe('revoked')
    expect(pool.sleep('a')).toBe(true)
  })

  it('P10 hears of a refusal in its sleep, and the refused token is not served for long', async () => {
    const pool = rig.open()
    const token = await tokenOf(pool, 'a')
    await rig.clock.advance(MINUTE)
    pool.sleep('a')
    pool.session('a').reportRejected(token)
    await rig.clock.advance(SECOND)
    expect(pool.session('a').peekToken()).toMatchObject({ generation: 2 })
    pool.sleep('a')
    // Of an earlier generation: late, and harmless.
    pool.session('a').reportRejected(token)
    await rig.clock.advance(SECOND)
    expect(rig.server.requests).toHaveLength(2)
  })

  it('gives a new token to who asks for one in its sleep, and not the stored one', async () => {
    const pool = rig.open()
    await tokenOf(pool, 'a')
    await rig.clock.advance(MINUTE)
    pool.sleep('a')
    const refreshed = pool.session('a').refresh()
    await rig.clock.advance(SECOND)
    expect(await refreshed).toMatchObject({ generation: 2 })
  })

  it('recovers an account whose credentials were replaced in its sleep', async () => {
    const tokens = new Map([['a', 'bad']])
    const pool = rig.open({ credentials: (account) => ({ refreshToken: tokens.get(account) ?? '' }) })
    rig.server.failAll(REVOKED)
    await expect(tokenOf(pool, 'a')).rejects.toMatchObject({ code: 'grant-revoked' })
    expect(pool.sleep('a')).toBe(true)
    rig.server.failAll(null)
    await expect(tokenOf(pool, 'a')).rejects.toMatchObject({ code: 'grant-revoked' })
    expect(rig.server.requests).toHaveLength(1)
    pool.sleep('a')
    tokens.set('a', 'good')
    expect(await tokenOf(pool, 'a')).toMatchObject({ value: 'access-1 of good' })
  })

  it('recovers an account that is awake when its source changes, and follows no source of those that sleep', async () => {
    const changes = new Subject<void>()
    let refreshToken = 'bad'
    const watched = { name: 'watched', watch: () => changes, read: async () => sealCredentials({ refreshToken }) }
    const pool = rig.open({ credentials: () => watched })
    rig.server.failAll(REVOKED)
    await tokenOf(pool, 'a').catch(() => undefined)
    rig.server.failAll(null)
    refreshToken = 'good'
    changes.next()
    await rig.clock.advance(SECOND)
    expect(pool.session('a').peekToken()?.value).toBe('access-1 of good')
    expect(changes.observed).toBe(true)
    pool.sleep('a')
    expect(changes.observed).toBe(false)
  })

  it('takes new credentials and a sign-out of accounts that sleep', async () => {
    const pool = rig.open()
    await tokenOf(pool, 'a')
    pool.sleep('a')
    await pool.session('a').setCredentials({ refreshToken: 'another' })
    expect(await tokenOf(pool, 'a')).toMatchObject({ value: 'access-2 of another' })
    pool.sleep('a')
    await pool.session('a').signOut()
    await expect(tokenOf(pool, 'a')).rejects.toMatchObject({ code: 'signed-out' })
    pool.sleep('a')
    await expect(tokenOf(pool, 'a')).rejects.toMatchObject({ code: 'signed-out' })
    expect(rig.server.requests).toHaveLength(2)
  })

  it('P11 tells who asks that the credentials of an account could not be had, not why, and asks again', async () => {
    let failing = true
    const pool = rig.open({
      credentials: (account) => {
        if (failing) throw new Error('no such row: secret-1')
        return { refreshToken: account }
      },
    })
    const failed: unknown = await tokenOf(pool, 'a').catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'credentials-unreadable' })
    expect(String(failed) + JSON.stringify(failed)).not.toContain('secret-1')
    failing = false
    await rig.clock.advance(10 * SECOND)
    expect(await tokenOf(pool, 'a')).toMatchObject({ value: 'access-1 of a' })
  })

  it('P12 goes on when a listener throws, and says so', async () => {
    const thrown: unknown[] = []
    const pool = rig.open({ onListenerError: (error) => thrown.push(error) })
    const told: string[] = []
    pool.events$.subscribe(({ event }) => told.push(event.type))
    pool.session('a').token$.subscribe(() => {
      throw new Error('mine')
    })
    await tokenOf(pool, 'a')
    expect(thrown).toEqual([new Error('mine'), new Error('mine')])
    expect(told.filter((type) => type === 'listener-failed')).toHaveLength(2)
  })

  it('forgets an account that is removed; what the store has of it stays', async () => {
    const pool = rig.open()
    const removed = pool.session('a')
    await tokenOf(pool, 'a')
    let ended = false
    removed.token$.subscribe({ complete: () => (ended = true) })
    await pool.remove('a')
    expect([ended, pool.size]).toEqual([true, 0])
    await expect(removed.getToken()).rejects.toMatchObject({ code: 'disposed' })
    expect(pool.session('a')).not.toBe(removed)
    expect(await tokenOf(pool, 'a')).toMatchObject({ generation: 1 })
    expect(rig.server.requests).toHaveLength(1)
    await pool.remove('nobody')
  })

  it('leaves the others alone when one session is disposed, awake or asleep', async () => {
    const pool = rig.open()
    const served = watchAll(pool, ['a', 'b', 'c'])
    await rig.clock.settle()
    const disposals = [pool.session('a').dispose(), pool.session('b')[Symbol.asyncDispose]()]
    await rig.clock.advance(SECOND)
    await Promise.all(disposals)
    expect(served.toSorted()).toEqual(['a: disposed', 'b: disposed', 'c'])
    const asleep = pool.session('c')
    pool.sleep('c')
    await asleep.dispose()
    await expect(asleep.getToken()).rejects.toMatchObject({ code: 'disposed' })
    const values: unknown[] = []
    asleep.token$.subscribe({ next: (token) => values.push(token), complete: () => values.push('complete') })
    expect(values).toEqual([null, 'complete'])
    expect(pool.size).toBe(0)
    expect(await tokenOf(pool, 'd')).toMatchObject({ generation: 1 })
  })

  it('P12 ends with all its sessions, within a bound, and leaves no alarm', async () => {
    const pool = rig.open({ keepAlive: true })
    await tokenOf(pool, 'a')
    pool.sleep('a')
    rig.server.failAll('silence')
    const served = watchAll(pool, names(5))
    await rig.clock.settle()
    const asleep = pool.session('a')
    let ended = false
    const end = pool.dispose().then(() => (ended = true))
    expect(pool.dispose()).toBe(pool[Symbol.asyncDispose]())
    await rig.clock.advance(20 * SECOND)
    expect(ended).toBe(true)
    await end
    expect(served).toEqual(names(5).map((name) => `${name}: disposed`))
    await expect(asleep.getToken()).rejects.toMatchObject({ code: 'disposed' })
    expect(() => pool.session('b')).toThrow(EvergrantError)
    expect([pool.size, rig.clock.pending]).toEqual([0, 0])
  })

  it('P12 keeps the process alive if told to, and else lets it exit', async () => {
    const pool = rig.open()
    await tokenOf(pool, 'a')
    expect(rig.clock.held).toBe(0)
    const keeping = rig.open({ keepAlive: true })
    expect(rig.clock.held).toBe(1)
    await keeping.dispose()
    expect(rig.clock.held).toBe(0)
  })

  it('P12 has one timer of the platform for all', async () => {
    const { clock, timers } = handMadeClock()
    const requestToken = async () => ({ accessToken: 'invented', expiresIn: 900 })
    const pool = createSessionPool({ provider: { issuer: 'i', requestToken }, clock, policy: ROOMY })
    const sessions = names(500).map((account) => pool.session(account))
    for (const session of sessions) await session.setCredentials({ refreshToken: session.account })
    for (const session of sessions) await session.getToken()
    expect(pool.size).toBe(500)
    expect(timers).toHaveLength(1)
    await pool.dispose()
  })

  it('is made of ten thousand accounts without a thing being read, sent or waited for', async () => {
    let reads = 0
    const store: TokenStore = { ...memoryStore(), read: async () => ((reads += 1), null) }
    const pool = rig.open({ store })
    const sessions = names(10_000).map((account) => pool.session(account))
    expect(new Set(sessions).size).toBe(10_000)
    for (const session of sessions) session.subscribe(() => undefined)
    expect(pool.size).toBe(10_000)
    // The one that looks who is idle.
    expect([reads, rig.clock.pending, rig.server.requests.length]).toEqual([0, 1, 0])
  })

  it.for([
    ['no options', null, 'options'],
    ['an option that is not known', { acount: 'a' }, 'acount'],
    ['an account of its own', { account: 'a' }, 'account'],
    ['credentials for nobody', { credentials: { refreshToken: 'r' } }, 'credentials'],
    ['no idle time', { idleAfter: 0 }, 'idleAfter'],
    ['an idle time that is none', { idleAfter: '1h' }, 'idleAfter'],
    ['half a request', { concurrency: 1.5 }, 'concurrency'],
    ['no request', { concurrency: 0 }, 'concurrency'],
    ['a provider that is none', { provider: {} }, 'provider'],
    ['a setting that is not known', { policy: { lead: 1 } }, 'policy.lead'],
  ] as const)('refuses %s', ([, options, option]) => {
    const given = options === null ? null : { provider: rig.server.provider, ...options }
    const make = createSessionPool as (options: unknown) => unknown
    expect(() => make(given)).toThrow(expect.objectContaining({ code: 'invalid-options', details: { option } }))
  })

  it('refuses a store that reaches too short, and an account without a name', () => {
    expect(() => rig.open({ sharing: 'network' })).toThrow(expect.objectContaining({ code: 'store-sharing' }))
    expect(() => rig.open().session('')).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})
