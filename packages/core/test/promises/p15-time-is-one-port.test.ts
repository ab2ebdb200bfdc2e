import { memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { createRig } from './rig.ts'

const HOUR = 3_600_000

describe('P15 time is one port', () => {
  it.each([
    ['two hours fast', 2 * HOUR],
    ['two hours slow', -2 * HOUR],
    ['at the right time', 0],
  ])('P15 a clock %s changes nothing', async (_, skew) => {
    const rig = createRig({ skew })
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(3 * HOUR)
    // A request about every ten minutes, as with the right time.
    expect(rig.server.requests.length).toBeGreaterThanOrEqual(18)
    expect(rig.server.requests.length).toBeLessThanOrEqual(20)
    await rig.close()
  })

  it.each([
    ['two hours fast', 2 * HOUR],
    ['two hours slow', -2 * HOUR],
  ])('P15 a restart with a clock %s goes on with the stored token', async (_, skew) => {
    const rig = createRig({ skew })
    const store = memoryStore()
    const session = rig.open({ store })
    await rig.ask(session)
    await session.dispose()
    await rig.clock.advance(60_000)
    const restarted = rig.open({ store })
    expect(await rig.ask(restarted)).toBe('access-1')
    expect(rig.server.requests).toHaveLength(1)
    await rig.clock.advance(540_000)
    expect(restarted.peekToken()?.value).toBe('access-2')
    await rig.close()
  })

  it('P15 a clock set back, or forth and back, makes no token live longer', async () => {
    const rig = createRig()
    const session = rig.open()
    await rig.ask(session)
    rig.server.always('silence')
    rig.clock.setBack(5 * HOUR)
    await rig.clock.advance(899_000)
    expect(session.peekToken()?.value).toBe('access-1')
    await rig.clock.advance(1_000)
    expect(session.peekToken()).toBeNull()
    await rig.close()
  })

  it('P15 after hours of sleep the first caller gets a new token, by one request', async () => {
    const rig = createRig()
    const session = rig.open()
    await rig.ask(session)
    rig.clock.sleep(9 * HOUR)
    expect(await rig.ask(session)).toBe('access-2')
    expect(rig.server.requests).toHaveLength(2)
    await rig.close()
  })

  it('P15 expiry counts from the start of the request, however slow its answer', async () => {
    const rig = createRig()
    const session = rig.open()
    rig.server.next(async () => {
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 10_000, resolve))
      return { accessToken: 'slow', expiresIn: 900 }
    })
    const began = rig.clock.now()
    const asked = session.getToken()
    await rig.clock.advance(10_000)
    expect((await asked).expiresAt).toBe(began + 900_000)
    await rig.close()
  })

  it('P15 a slow answer does not correct the clock', async () => {
    const rig = createRig()
    const store = memoryStore()
    const session = rig.open({ store })
    rig.server.next(async () => {
      const date = rig.clock.server.now()
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 12_000, resolve))
      return { accessToken: 'slow', expiresIn: 900, date }
    })
    const asked = session.getToken()
    await rig.clock.advance(12_000)
    await asked
    expect((await store.read('grant/default'))?.value).toMatchObject({ clockOffset: 0 })
    await rig.close()
  })

  it('P15 a token that dies at a fixed time of the server dies then on a wrong clock too', async () => {
    const rig = createRig({ skew: 2 * HOUR })
    const session = rig.open()
    const diesAt = rig.clock.server.now() + 600_000
    rig.server.next({ expiresAt: diesAt })
    await rig.ask(session)
    rig.server.always('silence')
    await rig.clock.advance(598_000)
    expect(session.peekToken()).not.toBeNull()
    await rig.clock.advance(3_000)
    expect(session.peekToken()).toBeNull()
    await rig.close()
  })
})
