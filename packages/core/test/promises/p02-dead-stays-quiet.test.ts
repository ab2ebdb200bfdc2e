import { EvergrantError, memoryStore, tokenRequestError, type TokenStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

describe('P2 dead stays quiet', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P2 two hundred calls after a revocation cause one request, and a restart none', async () => {
    rig.server.always(failures.revoked)
    const store = memoryStore()
    const session = rig.open({ store })
    for (let call = 0; call < 200; call += 1) expect(await rig.ask(session)).toBe('grant-revoked')
    expect(rig.server.requests).toHaveLength(1)
    await session.dispose()

    const restarted = rig.open({ store })
    for (let call = 0; call < 20; call += 1) expect(await rig.ask(restarted)).toBe('grant-revoked')
    await rig.clock.advance(24 * 3_600_000)
    expect(rig.server.requests).toHaveLength(1)
    expect(restarted.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
  })

  it('P2 new credentials wake it at once, and the dead ones stay dead', async () => {
    rig.server.next(failures.revoked)
    const session = rig.open()
    await rig.ask(session)
    await session.setCredentials({ refreshToken: 'refresh-2' })
    await rig.clock.settle()
    expect(session.peekToken()?.value).toBe('access-1')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
    await session.setCredentials({ refreshToken: 'refresh-1' })
    await rig.clock.settle()
    expect(session.getSnapshot().state).toBe('revoked')
    expect(rig.server.requests).toHaveLength(2)
  })

  it('P2 a person may try a dead credential again, once for each asking', async () => {
    rig.server.always(failures.wrongSecret)
    const session = rig.open()
    expect(await rig.ask(session)).toBe('client-rejected')
    const plain = settled(session.refresh())
    await rig.clock.settle()
    expect(plain.result).toBe('client-rejected')
    expect(rig.server.requests).toHaveLength(1)
    const forced = settled(session.refresh({ force: true }))
    await rig.clock.settle()
    expect(forced.result).toBe('client-rejected')
    expect(rig.server.requests).toHaveLength(2)
    rig.server.always(null)
    const mended = settled(session.refresh({ force: true }))
    await rig.clock.settle()
    expect(mended.result).toBe('access-1')
  })

  it('P2 a store that fails while the death is written down does not bring it back to life', async () => {
    const inner = memoryStore()
    let broken = false
    const store = {
      ...inner,
      write: (...call: Parameters<typeof inner.write>) =>
        broken ? Promise.reject(new Error('socket closed')) : inner.write(...call),
    }
    rig.server.always(() => {
      broken = true
      throw tokenRequestError(failures.revoked)
    })
    const session = rig.open({ store })
    for (let call = 0; call < 20; call += 1) expect(await rig.ask(session)).toBe('grant-revoked')
    await rig.clock.advance(3_600_000)
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P2 a session that shares the store learns of the death without asking the server', async () => {
    rig.server.always(failures.revoked)
    const store = memoryStore()
    await rig.ask(rig.open({ store }))
    expect(await rig.ask(rig.open({ store }))).toBe('grant-revoked')
    expect(rig.server.requests).toHaveLength(1)
  })
})

describe('P2 a death that the store was away for', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  /** A store that comes and goes as one process sees it; `inner` is what the others see. */
  function fickleStore() {
    const inner = memoryStore()
    const away = { read: false, write: false }
    const down = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'here' } })
    const lost = () => Promise.reject(down)
    const store: TokenStore = {
      ...inner,
      read: (key) => (away.read ? lost() : inner.read(key)),
      write: (...call) => (away.write ? lost() : inner.write(...call)),
    }
    const leave = (parts: Partial<typeof away>) => void Object.assign(away, parts)
    return { inner, store, leave, come: () => leave({ read: false, write: false }) }
  }

  /** Opens a session whose first request is refused while the store goes away. */
  async function refuse(parts: { readonly read: boolean; readonly write: boolean }) {
    const fickle = fickleStore()
    rig.server.always(() => {
      fickle.leave(parts)
      throw tokenRequestError(failures.revoked)
    })
    const session = rig.open({ store: fickle.store })
    const asked = await rig.ask(session)
    rig.server.always(failures.revoked)
    return { ...fickle, session, asked }
  }

  it('P2 is remembered, and written down and told as soon as the store is back', async () => {
    const { session, asked, inner, come } = await refuse({ read: true, write: true })
    expect([asked, session.getSnapshot().state]).toEqual(['pending', 'backoff'])
    await rig.clock.advance(600_000)
    come()
    await rig.clock.advance(600_000)
    expect(rig.server.requests).toHaveLength(1)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
    expect(await rig.ask(rig.open({ store: inner }))).toBe('grant-revoked')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P2 is told to callers while the store cannot be written, and written down with the next look', async () => {
    const { session, asked, inner, come } = await refuse({ read: false, write: true })
    expect([asked, session.getSnapshot().state]).toEqual(['grant-revoked', 'revoked'])
    // Nothing is sent for whoever insists now, for no journal can be written.
    const insisted = settled(session.refresh({ force: true }))
    await rig.clock.settle()
    expect([insisted.result, session.getSnapshot().state]).toEqual([null, 'backoff'])
    come()
    await rig.clock.advance(60_000)
    expect([insisted.result, session.getSnapshot().state]).toEqual(['grant-revoked', 'revoked'])
    expect(await rig.ask(rig.open({ store: inner }))).toBe('grant-revoked')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P2 is told again by every look while the store can be read alone', async () => {
    const { session } = await refuse({ read: false, write: true })
    const insisted = settled(session.refresh({ force: true }))
    await rig.clock.advance(60_000)
    expect([insisted.result, session.getSnapshot().state]).toEqual(['grant-revoked', 'revoked'])
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P8 gives way to credentials that others have set meanwhile', async () => {
    const { session, inner, come } = await refuse({ read: true, write: true })
    rig.server.always(null)
    await rig.open({ store: inner }).setCredentials({ refreshToken: 'refresh-2' })
    come()
    await rig.clock.advance(60_000)
    expect(session.peekToken()?.value).toBe('access-1')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
  })

  it('P8 gives way to a token that others were granted since, and condemns nothing then', async () => {
    const { session, inner, come } = await refuse({ read: true, write: true })
    rig.server.always(null)
    const sibling = rig.open({ store: inner })
    expect(await rig.ask(sibling)).toBe('access-1')
    come()
    await rig.clock.advance(60_000)
    expect(session.peekToken()?.value).toBe('access-1')
    await rig.clock.advance(900_000)
    expect([session.peekToken()?.value, sibling.peekToken()?.value]).toEqual(['access-2', 'access-2'])
  })

  it('P2 ends when a person insists and the server takes the credentials again', async () => {
    const { session, come } = await refuse({ read: true, write: true })
    come()
    await rig.clock.advance(60_000)
    expect(session.getSnapshot().state).toBe('revoked')
    rig.server.always(null)
    const mended = settled(session.refresh({ force: true }))
    await rig.clock.settle()
    expect(mended.result).toBe('access-1')
    await rig.clock.advance(86_400_000)
    expect(session.getSnapshot().state).toBe('valid')
  })
})
