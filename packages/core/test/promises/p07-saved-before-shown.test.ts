import { EvergrantError, memoryStore, type TokenStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled, type ServerRequest } from './rig.ts'

/** A store whose writes of a grant fail while `broken`. */
function fragileStore() {
  const store = memoryStore()
  const state = { broken: false, writes: 0 }
  const fragile: TokenStore = {
    ...store,
    async write(key, value, options) {
      if (state.broken && key.startsWith('grant/')) {
        throw new EvergrantError('store-unavailable', {
          message: 'disk full',
          help: 'Free some space.',
          details: { location: 'test' },
        })
      }
      state.writes += 1
      return store.write(key, value, options)
    },
  }
  return { store: fragile, state }
}

/** A strictly rotating server: each refresh token is good for one request. */
function rotation() {
  let current = 'refresh-1'
  let count = 1
  return {
    get current() {
      return current
    },
    answer({ refreshToken }: ServerRequest) {
      if (refreshToken !== current) throw new Error(`spent: ${refreshToken}`)
      count += 1
      current = `refresh-${count}`
      return { accessToken: `access-of-${refreshToken}`, expiresIn: 900, refreshToken: current }
    },
  }
}

describe('P7 saved before shown', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P7 a rotated refresh token is in the store before the access token is handed out', async () => {
    const { store, state } = fragileStore()
    const rotating = rotation()
    const session = rig.open({ store })
    rig.server.always((request) => {
      state.broken = true
      return rotating.answer(request)
    })
    const caller = settled(session.getToken())
    await rig.clock.advance(20_000)
    expect(caller.result).toBeNull()
    expect(session.peekToken()).toBeNull()
    state.broken = false
    await rig.clock.advance(6_000)
    expect(caller.result).toBe('access-of-refresh-1')
    expect(JSON.stringify((await store.read('grant/default'))?.value)).toContain('refresh-2')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P7 credentials that were set, rotated, and set again since the store seemed to have failed, are not spent twice', async () => {
    const inner = memoryStore()
    let deaf = true
    const store: TokenStore = {
      ...inner,
      async write(key, value, options) {
        const revision = await inner.write(key, value, options)
        if (!deaf) return revision
        throw new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'test' } })
      },
    }
    const rotating = rotation()
    rig.server.always((request) => rotating.answer(request))
    const person = rig.open({ store, credentials: [] })
    const given = { clientSecret: 'invented-secret', refreshToken: 'refresh-1' }
    await expect(person.setCredentials(given)).rejects.toMatchObject({ code: 'store-unavailable' })
    deaf = false
    const sibling = rig.open({ store: inner, credentials: [] })
    expect((await sibling.getToken()).value).toBe('access-of-refresh-1')
    await rig.clock.advance(60_000)
    await person.setCredentials(given)
    const caller = settled(person.getToken())
    await rig.clock.advance(1_000)
    expect(caller.result).toBe('access-of-refresh-2')
    expect([person, sibling].map((session) => session.getSnapshot().state)).toEqual(['valid', 'valid'])
  })

  it('P7 a store that fails in words of its own, or cannot be read after a conflict, does not lose it either', async () => {
    const inner = memoryStore()
    const rotating = rotation()
    let trouble = 0
    const store: TokenStore = {
      ...inner,
      read: (key) => (trouble > 4 ? Promise.reject(new Error('socket closed')) : inner.read(key)),
      async write(key, value, options) {
        if (trouble > 0 && key.startsWith('grant/')) {
          trouble -= 1
          // First a stranger's error; then a conflict, as when a proxy wrote twice, and a read that fails.
          if (trouble > 5) throw new TypeError('fetch failed')
          if (trouble > 3) return inner.write(key, value, { expect: 'of-somebody-else' })
        }
        return inner.write(key, value, options)
      },
    }
    const session = rig.open({ store })
    rig.server.next((request) => {
      trouble = 8
      return rotating.answer(request)
    })
    const caller = settled(session.getToken({ maxWait: 120_000 }))
    const healing = rig.clock.alarm(rig.clock.monotonic() + 20_000, () => (trouble = 4))
    await rig.clock.advance(60_000)
    healing[Symbol.dispose]()
    expect(caller.result).toBe('access-of-refresh-1')
    expect(JSON.stringify((await inner.read('grant/default'))?.value)).toContain('refresh-2')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P7 the rotated token is the one that is sent next, also after a restart', async () => {
    const store = memoryStore()
    const rotating = rotation()
    rig.server.always((request) => rotating.answer(request))
    const session = rig.open({ store })
    await rig.ask(session)
    await rig.clock.advance(2_000_000)
    await session.dispose()
    rig.clock.sleep(3_600_000)
    const restarted = rig.open({ store })
    expect(await rig.ask(restarted)).toMatch(/^access-of-/)
    const sent = rig.server.requests.map(({ refreshToken }) => refreshToken)
    expect(sent).toEqual(sent.map((_, index) => `refresh-${index + 1}`))
  })

  it('P7 nothing is sent unless the journal could be written first', async () => {
    const { store, state } = fragileStore()
    state.broken = true
    const session = rig.open({ store })
    expect(await rig.ask(session, { maxWait: 0 })).toBe('token-unavailable')
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { code: 'store-unavailable' } })
    expect(rig.server.requests).toHaveLength(0)
  })

  it('P7 a lost answer is tried once more; a server with a grace period then answers', async () => {
    rig.server.next(failures.reset)
    const session = rig.open()
    const caller = settled(session.getToken())
    await rig.clock.advance(5_000)
    expect(caller.result).toBe('access-1')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-1'])
  })

  it('P7 if that is refused, the grant is rotation-lost and not called revoked', async () => {
    rig.server.next(failures.reset)
    rig.server.always(failures.revoked)
    const session = rig.open()
    const caller = settled(session.getToken())
    await rig.clock.advance(5_000)
    expect(caller.result).toBe('rotation-lost')
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'rotation-lost' })
  })

  it('P7 a journal left open by a process that died counts the same', async () => {
    const store = memoryStore()
    const killed = rig.open({ store })
    rig.server.next(() => new Promise(() => undefined))
    settled(killed.getToken())
    await rig.clock.settle()
    // The death of a process: its lease ends and nothing of it runs on. Only the store is left.
    const left = await store.read('grant/default')
    const survivor = memoryStore()
    if (left === null) throw new Error('no journal')
    await survivor.write('grant/default', left.value)
    rig.server.always(failures.revoked)
    expect(await rig.ask(rig.open({ store: survivor }))).toBe('rotation-lost')
  })

  it('P7 a server that was seen not to rotate cannot lose a rotation: that is a revocation', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.next(failures.reset)
    rig.server.always(failures.revoked)
    await rig.clock.advance(1_000_000)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
  })

  it('P7 without a rotation a failing store does not keep the token from callers for long', async () => {
    const { store, state } = fragileStore()
    const session = rig.open({ store })
    rig.server.next(() => {
      state.broken = true
      return { accessToken: 'unsaved', expiresIn: 900 }
    })
    const caller = settled(session.getToken())
    await rig.clock.advance(2_000)
    expect(caller.result).toBe('unsaved')
  })

  it('P7 a request in doubt is not settled by a 429 that comes after it', async () => {
    const rig = createRig()
    rig.server.next(failures.reset, { kind: 'rate-limited', status: 429 }, failures.revoked)
    const session = rig.open()
    const asked = settled(session.getToken())
    await rig.clock.advance(30_000)
    expect(rig.server.requests).toHaveLength(3)
    expect(asked.result).toBe('rotation-lost')
    await rig.close()
  })
})
