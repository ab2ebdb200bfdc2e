import { memoryStore, tokenRequestError } from '@evergrant/core'
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
