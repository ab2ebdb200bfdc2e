import { memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures } from './rig.ts'

describe('P6 serve while you can', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P6 while a refresh is under way or failing, callers get the present token at once', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always(failures.unavailable)
    const states = new Set<string>()
    const { expiresAt } = session.getSnapshot()
    while (rig.clock.now() < (expiresAt ?? 0) - 1_000) {
      states.add(session.getSnapshot().state)
      expect(await rig.ask(session, { maxWait: 0 })).toBe('access-1')
      await rig.clock.advance(1_000)
    }
    expect(states).toEqual(new Set(['valid', 'expiring']))
    await rig.clock.advance(1_000)
    expect(session.getSnapshot().state).toBe('backoff')
  })

  it('P6 a server that does not answer makes no caller wait while the token lives', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always('silence')
    await rig.clock.advance(650_000)
    expect(session.getSnapshot().state).toBe('expiring')
    expect(await rig.ask(session, { maxWait: 0 })).toBe('access-1')
  })

  it('P6 refresh() asks for a new token and goes on serving the old one', async () => {
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(10_000)
    rig.server.next('silence')
    const refreshed = session.refresh()
    await rig.clock.settle()
    expect(session.peekToken()?.value).toBe('access-1')
    await rig.clock.advance(25_000)
    expect((await refreshed).value).toBe('access-2')
  })

  it('P6 a revoked grant leaves the token in use until it dies', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always(failures.revoked)
    await rig.clock.advance(650_000)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', usable: true })
    expect(await rig.ask(session, { maxWait: 0 })).toBe('access-1')
    await rig.clock.advance(250_000)
    expect(await rig.ask(session)).toBe('grant-revoked')
  })

  it('P6 minTtl is heard also where the token comes from the store, or from a sibling, and is too short', async () => {
    const store = memoryStore()
    await rig.open({ store }).getToken()
    await rig.clock.advance(300_000)
    const second = rig.open({ store })
    expect(await rig.ask(second, { minTtl: 840_000 })).toBe('access-2')
    expect(rig.server.requests).toHaveLength(2)
  })

  it('P6 minTtl waits for a token that lives long enough, and says so when none ever will', async () => {
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(500_000)
    expect(await rig.ask(session, { minTtl: 600_000 })).toBe('access-2')
    expect(await rig.ask(session, { minTtl: 901_000 })).toBe('min-ttl-unreachable')
  })
})
