import { describe, expect, it } from 'vitest'
import { createRig, settled } from './promises/rig.ts'

describe('the single flight of a session', () => {
  it('P1 whoever asks while a request is under way joins it: the lease is taken once', async () => {
    const rig = createRig()
    const session = rig.open()
    const steps: string[] = []
    session.events$.subscribe((event) => {
      if (event.type === 'exchange-step') steps.push(event.step)
    })
    settled(session.getToken())
    await rig.clock.settle()
    rig.server.next(async () => {
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 10_000, resolve))
      return { accessToken: 'late', expiresIn: 900 }
    })
    steps.length = 0
    // Awake again five seconds before expiry: the request begins in `expiring` and ends in `refreshing`.
    rig.clock.sleep(895_000)
    await rig.clock.advance(20_000)
    expect(session.peekToken()?.value).toBe('late')
    expect(steps.filter((step) => step === 'lease')).toEqual(['lease'])
    await rig.close()
  })
})
