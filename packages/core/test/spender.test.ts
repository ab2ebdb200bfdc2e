import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createSpender } from '../src/exchange/spender.ts'
import { createRig, settled } from './promises/rig.ts'
import { anyRequest, createPorts } from './support/exchange-view.ts'

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

  it('P14 a request that is cancelled ends with the reason, and what it leaves late does not end the next', async () => {
    const started: (() => void)[] = []
    const clock = new VirtualClock()
    const base = createPorts(clock)
    const spender = createSpender({
      ...base,
      provider: {
        ...base.provider,
        requestToken: () =>
          new Promise((resolve) => started.push(() => resolve({ accessToken: 'invented', expiresIn: 900 }))),
      },
      knownEpoch: () => 0,
      latestRejected: () => 0,
      onStep: () => undefined,
      onBudget: () => undefined,
      onStoreFailure: () => undefined,
    })
    const reason = new Error('not any more')
    const first = spender.spend(anyRequest)
    await clock.settle()
    expect(started).toHaveLength(1)
    spender.cancel(reason)
    expect(spender.busy).toBe(false)
    const second = spender.spend(anyRequest)
    await expect(first).rejects.toBe(reason)
    expect(spender.busy).toBe(true)
    expect(spender.spend(anyRequest)).toBe(second)
    await clock.settle()
    expect(started).toHaveLength(2)
    started[1]?.()
    expect(await second).toMatchObject({ type: 'granted' })
    await spender.idle()
    expect(spender.busy).toBe(false)
  })
})
