import { memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled, trackStates } from './rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('P4 blocked is quiet', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  async function intoBlock(store = memoryStore()) {
    rig.server.always('silence')
    rig.server.reach(false)
    const session = rig.open({ store })
    settled(session.getToken())
    await rig.clock.advanceUntil(() => session.getSnapshot().state === 'blocked', { limit: HOUR })
    return session
  }

  it('P4 many time-outs in a row are taken for an address block; then no credential leaves', async () => {
    const session = await intoBlock()
    const sent = rig.server.requests.length
    expect(session.getSnapshot()).toMatchObject({ reason: 'ip-block-suspected', usable: false })
    expect(sent).toBe(6)
    await rig.clock.advance(7 * HOUR)
    expect(rig.server.requests).toHaveLength(sent)
    // At 15, 30 and 60 minutes, then hourly.
    expect(rig.server.probes).toBe(9)
    expect(await rig.ask(session)).toBe('ip-block-suspected')
  })

  it('P4 three time-outs are enough after a failed login', async () => {
    rig.server.next(failures.revoked)
    const store = memoryStore()
    await rig.ask(rig.open({ store, account: 'other' }))
    await intoBlock(store)
    expect(rig.server.requests).toHaveLength(4)
  })

  it('P4 a probe that is answered allows one attempt, which ends the block', async () => {
    const session = await intoBlock()
    const sent = rig.server.requests.length
    rig.server.reach(true)
    rig.server.always(null)
    await rig.clock.advance(15 * MINUTE)
    expect(session.getSnapshot().state).toBe('valid')
    expect(rig.server.requests).toHaveLength(sent + 1)
  })

  it('P4 an attempt that fails again renews the block', async () => {
    const session = await intoBlock()
    rig.server.reach(true)
    const sent = rig.server.requests.length
    await rig.clock.advance(16 * MINUTE)
    expect(rig.server.requests).toHaveLength(sent + 1)
    expect(session.getSnapshot().state).toBe('blocked')
  })

  it('P4 at the deadline one attempt is made, probe or no probe', async () => {
    const session = await intoBlock()
    const sent = rig.server.requests.length
    rig.server.always(null)
    await rig.clock.advance(8 * HOUR)
    expect(session.getSnapshot().state).toBe('valid')
    expect(rig.server.requests).toHaveLength(sent + 1)
  })

  it('P4 the block is remembered over a restart, and by other accounts of the issuer', async () => {
    const store = memoryStore()
    const session = await intoBlock(store)
    const sent = rig.server.requests.length
    await session.dispose()
    const restarted = rig.open({ store })
    const states = trackStates(restarted)
    expect(await rig.ask(restarted)).toBe('ip-block-suspected')
    expect(await rig.ask(rig.open({ store, account: 'other' }))).toBe('ip-block-suspected')
    await rig.clock.advance(10 * MINUTE)
    expect(states).toEqual(['unauthenticated', 'blocked'])
    expect(rig.server.requests).toHaveLength(sent)
  })

  it('P4 neither a person nor new credentials get a credential out of a block', async () => {
    const session = await intoBlock()
    const sent = rig.server.requests.length
    const forced = settled(session.refresh({ force: true }))
    await session.setCredentials({ refreshToken: 'refresh-2' })
    await rig.clock.advance(MINUTE)
    expect(forced.result).toBe('ip-block-suspected')
    expect(session.getSnapshot().state).toBe('blocked')
    expect(rig.server.requests).toHaveLength(sent)
  })

  it('P4 of many sessions behind one block a single one makes the half-open attempt', async () => {
    const store = memoryStore()
    const first = await intoBlock(store)
    const others = Array.from({ length: 5 }, (_, index) => rig.open({ store, account: `other-${index}` }))
    for (const other of others) await rig.ask(other)
    const sent = rig.server.requests.length
    rig.server.reach(true)
    await rig.clock.advance(15 * MINUTE + 1_000)
    expect(rig.server.requests.length - sent).toBe(1)
    rig.server.always(null)
    await rig.clock.advance(HOUR)
    for (const session of [first, ...others]) expect(session.getSnapshot().state).toBe('valid')
  })

  it('P4 the edge that refuses three times in a row is a block too', async () => {
    rig.server.always(failures.edge)
    const session = rig.open()
    settled(session.getToken())
    await rig.clock.advance(MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'blocked', reason: 'edge-refused' })
    expect(rig.server.requests).toHaveLength(3)
  })

  it('P4 a usable token is served while blocked', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always('silence')
    rig.server.reach(false)
    await rig.clock.advanceUntil(() => session.getSnapshot().state === 'blocked', { limit: HOUR })
    expect(session.getSnapshot().usable).toBe(true)
    expect(await rig.ask(session)).toBe('access-1')
    await rig.clock.advance(10 * MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'blocked', usable: false })
  })

  it('P4 a store in trouble does not end the probing', async () => {
    const store = memoryStore()
    let failing = false
    const session = await intoBlock({
      ...store,
      write: (...written) => (failing ? Promise.reject(new Error('disk full')) : store.write(...written)),
    })
    failing = true
    await rig.clock.advance(15 * MINUTE)
    expect(rig.server.probes).toBe(1)
    failing = false
    rig.server.reach(true)
    rig.server.always(null)
    await rig.clock.advance(15 * MINUTE)
    expect(rig.server.probes).toBe(2)
    expect(session.getSnapshot().state).toBe('valid')
  })

  it('P12 after new credentials a caller is told of the block at once all the same', async () => {
    const session = await intoBlock()
    await session.setCredentials({ refreshToken: 'refresh-2' })
    expect(await rig.ask(session)).toBe('ip-block-suspected')
  })

  it('P4 a probe that is given up at a sign-out is not noted as a silence', async () => {
    const store = memoryStore()
    const session = await intoBlock(store)
    const ledger = async () => (await store.read('issuer/https://server.test'))?.value
    const before = await ledger()
    rig.server.hang()
    await rig.clock.advance(15 * MINUTE)
    expect(rig.server.probes).toBe(1)
    await session.signOut()
    await rig.clock.settle()
    expect(await ledger()).toEqual(before)
  })
})
