import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handMadeClock } from './support/hand-made-clock.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('the monotonic line', () => {
  it('P15 goes on with the platform', () => {
    const { clock, pass } = handMadeClock()
    const start = clock.monotonic()
    pass(1_234.5)
    expect(clock.monotonic() - start).toBe(1_234.5)
  })

  it('P15 includes time asleep, in which the platform stood still', () => {
    const { clock, platform } = handMadeClock()
    const start = clock.monotonic()
    platform.wall += HOUR
    expect(clock.monotonic() - start).toBe(HOUR)
    expect(clock.monotonic() - start).toBe(HOUR)
  })

  it('P15 counts time asleep once where the platform counts it too', () => {
    const { clock, pass } = handMadeClock()
    const start = clock.monotonic()
    pass(HOUR)
    expect(clock.monotonic() - start).toBe(HOUR)
  })

  it('P15 fires what came due in the sleep at the first tick after it', () => {
    const made = handMadeClock()
    let fired = false
    made.clock.alarm(made.clock.monotonic() + HOUR, () => (fired = true))
    made.platform.wall += 2 * HOUR
    made.fire()
    expect(fired).toBe(true)
  })

  it('P15 ignores a wall clock that is set back', () => {
    const made = handMadeClock()
    const start = made.clock.monotonic()
    made.platform.wall -= 2 * HOUR
    made.pass(10)
    expect(made.clock.monotonic() - start).toBe(10)
    made.pass(10)
    expect(made.clock.monotonic() - start).toBe(20)
    expect(made.clock.now()).toBe(made.platform.wall)
  })

  it('ignores the small steps by which a wall clock is kept right', () => {
    const { clock, platform, pass } = handMadeClock()
    const start = clock.monotonic()
    for (let step = 0; step < 10; step += 1) {
      platform.wall += 1_500
      pass(100)
      expect(clock.monotonic() - start).toBe(100 * (step + 1))
    }
  })

  it('P15 never goes back, whatever the wall clock does', () => {
    const steps = fc.array(
      fc.record({ wall: fc.integer({ min: -2 * DAY, max: 2 * DAY }), running: fc.integer({ min: 0, max: DAY }) }),
    )
    fc.assert(
      fc.property(steps, (moves) => {
        const { clock, platform } = handMadeClock()
        let last = clock.monotonic()
        for (const { wall, running } of moves) {
          platform.wall += wall
          platform.running += running
          const next = clock.monotonic()
          expect(next).toBeGreaterThanOrEqual(last + running)
          last = next
        }
      }),
    )
  })
})
