import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

function gaps(requests: readonly { readonly at: number }[]): number[] {
  return requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0))
}

describe('P13 progress or silence', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it.each([900, 2, 60 * 86_400, 1])(
    'P13 %s-second tokens: never two requests within the floor, and no storm',
    async (lifetime) => {
      rig = createRig({ lifetime })
      const session = rig.open()
      const floor = Math.min(5_000, lifetime * 250)
      settled(session.getToken())
      for (let step = 0; step < 40; step += 1) {
        settled(session.refresh({ force: true }))
        await rig.clock.advance(floor / 3)
      }
      expect(rig.server.requests.length).toBeGreaterThan(3)
      for (const gap of gaps(rig.server.requests)) expect(gap).toBeGreaterThanOrEqual(floor)
    },
  )

  it('P13 sixty-day tokens cause one request in a month, and the next in time', async () => {
    rig = createRig({ lifetime: 60 * 86_400 })
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(30 * 86_400_000)
    expect(rig.server.requests).toHaveLength(1)
    await rig.clock.advance(11 * 86_400_000)
    expect(rig.server.requests).toHaveLength(2)
  })

  it('P13 a server that gives the same token again is asked at growing pauses, with a reason to see', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.always({ accessToken: 'access-1' })
    const refreshed = settled(session.refresh())
    await rig.clock.advance(6_000)
    expect(refreshed.result).toBe('no-progress')
    expect(session.getSnapshot()).toMatchObject({ reason: 'no-progress', generation: 1, usable: true })
    const before = rig.server.requests.length
    await rig.clock.advance(3_600_000)
    expect(rig.server.requests.length - before).toBeLessThan(12)
    rig.server.always(null)
    await rig.clock.advance(900_000)
    expect(session.getSnapshot()).toMatchObject({ reason: null, generation: 2 })
  })

  it('P13 a server whose tokens are dead on arrival is asked less and less', async () => {
    rig.server.always({ expiresIn: 0 })
    const session = rig.open()
    const caller = settled(session.getToken({ maxWait: 600_000 }))
    await rig.clock.advance(3_600_000)
    expect(caller.result).not.toMatch(/^access/)
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', reason: 'no-progress' })
    expect(rig.server.requests.length).toBeLessThan(40)
  })

  it('P13 an answer without a lifetime is not asked for again and again', async () => {
    rig.server.always(() => ({ accessToken: `a-${rig.server.requests.length}` }))
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(600_000)
    expect(rig.server.requests.length).toBeLessThanOrEqual(16)
    expect(session.peekToken()).not.toBeNull()
  })

  it.for([0.002, 0.01, 0.1, 0.9])(
    'P13 tokens that live for %d s are dead on arrival, and no loop follows',
    async (lifetime) => {
      rig.server.always({ expiresIn: lifetime })
      const session = rig.open()
      expect(await rig.ask(session, { maxWait: 0 })).not.toMatch(/^access/)
      await rig.clock.advance(60_000)
      expect(rig.server.requests.length).toBeLessThanOrEqual(12)
      expect(session.getSnapshot().lastFailure?.code).toBe('no-progress')
    },
  )
})
