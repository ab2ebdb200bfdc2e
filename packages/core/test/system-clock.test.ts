import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { handMadeClock } from './support/hand-made-clock.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const SECOND = 1_000
const DAY = 24 * 3_600 * SECOND

describe('the alarms of a system clock', () => {
  it('fire once their time is reached, in order, never synchronously', () => {
    const { clock, fire } = handMadeClock()
    const now = clock.monotonic()
    const fired: string[] = []
    clock.alarm(now + 20, () => fired.push('b'))
    clock.alarm(now + 10, () => fired.push('a'))
    clock.alarm(now - 5, () => fired.push('past'))
    expect(fired).toEqual([])
    while (fire());
    expect(fired).toEqual(['past', 'a', 'b'])
  })

  it('P12 share one timer, however many they are', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    let fired = 0
    for (let index = 0; index < 1_000; index += 1) {
      made.clock.alarm(now + 1_000 + ((index * 7_919) % 5_000), () => (fired += 1))
    }
    expect(made.timers).toHaveLength(1)
    while (made.fire());
    expect([fired, made.most]).toEqual([1_000, 1])
  })

  it('P12 leave no timer once they have fired or are cancelled', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    const alarms = [10, 5, 20].map((after) => made.clock.alarm(now + after, () => undefined))
    for (const alarm of alarms) alarm[Symbol.dispose]()
    expect(made.timers).toEqual([])
    made.clock.alarm(now + 1, () => undefined)
    made.fire()
    expect(made.timers).toEqual([])
  })

  it('P12 set no timer before there is one', () => {
    expect(handMadeClock().delays).toEqual([])
  })

  it('do not fire when they are cancelled; a second disposal does nothing', () => {
    const { clock, fire } = handMadeClock()
    const now = clock.monotonic()
    const fired: string[] = []
    const cancelled = clock.alarm(now + 10, () => fired.push('cancelled'))
    clock.alarm(now + 10, () => fired.push('kept'))
    cancelled[Symbol.dispose]()
    cancelled[Symbol.dispose]()
    while (fire());
    expect(fired).toEqual(['kept'])
  })

  it('P15 any number of years away are fine: no timer is longer than half a minute', () => {
    const { clock, platform, fire, delays } = handMadeClock()
    const at = clock.monotonic() + 60 * DAY
    let firedAt = 0
    clock.alarm(at, () => (firedAt = platform.running))
    while (fire());
    expect(firedAt).toBe(at)
    expect(delays.filter((delay) => delay > 30 * SECOND)).toEqual([])
  })

  it('never set a timer beyond the 2^31 ms at which platforms fire at once', () => {
    const { clock, delays } = handMadeClock()
    for (const away of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      clock.alarm(clock.monotonic() + away, () => undefined)[Symbol.dispose]()
    }
    expect(delays).toHaveLength(4)
    expect(delays.filter((delay) => delay >= 2 ** 31)).toEqual([])
  })

  it('fire within one timer, though their time is a fraction of a ms away', () => {
    const { clock, fire, delays } = handMadeClock()
    let fired = false
    clock.alarm(clock.monotonic() + 10.25, () => (fired = true))
    fire()
    expect([fired, delays]).toEqual([true, [11]])
  })

  it('fire at their time or later, and never stay behind', () => {
    const quarters = fc.integer({ min: -4_000, max: 800_000 }).map((count) => count / 4)
    const many = fc.array(quarters, { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(many, (offsets) => {
        const made = handMadeClock()
        const start = made.clock.monotonic()
        const fired: number[] = []
        for (const offset of offsets) {
          made.clock.alarm(start + offset, () => {
            expect(made.clock.monotonic()).toBeGreaterThanOrEqual(start + offset)
            expect(made.clock.monotonic()).toBeLessThan(start + Math.max(0, offset) + 1)
            fired.push(offset)
          })
        }
        while (made.fire());
        expect(fired).toEqual(offsets.toSorted((a, b) => a - b))
        expect(made.most).toBe(1)
      }),
    )
  })

  it('all fire when a busy process is late', () => {
    const { clock, fire, pass } = handMadeClock()
    const now = clock.monotonic()
    const fired: number[] = []
    for (const after of [10, 20, 30]) clock.alarm(now + after, () => fired.push(after))
    pass(25)
    fire()
    expect(fired).toEqual([10, 20])
  })

  it('one that comes before the others moves the timer forward', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    made.clock.alarm(now + 20_000, () => undefined)
    made.clock.alarm(now + 5, () => undefined)
    expect(made.timers.map(({ delay }) => delay)).toEqual([5])
  })
})

describe('an alarm that runs', () => {
  it('P12 may throw: the others run all the same, and the fault is told', () => {
    const faults: unknown[] = []
    const { clock, fire } = handMadeClock({ onAlarmError: (error) => faults.push(error) })
    const now = clock.monotonic()
    const fault = new Error('of a subscriber')
    const fired: string[] = []
    clock.alarm(now + 1, () => {
      throw fault
    })
    clock.alarm(now + 1, () => fired.push('same time'))
    clock.alarm(now + 2, () => fired.push('later'))
    while (fire());
    expect([fired, faults]).toEqual([['same time', 'later'], [fault]])
  })

  it('surfaces what it throws as uncaught, after the others, unless told otherwise', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { clock, fire } = handMadeClock()
    const now = clock.monotonic()
    let others = 0
    clock.alarm(now, () => {
      throw new Error('of a subscriber')
    })
    clock.alarm(now, () => (others += 1))
    fire()
    expect(others).toBe(1)
    expect(() => vi.runAllTimers()).toThrow('of a subscriber')
  })

  it('P12 may set others in the past for ever without keeping the tick to itself', () => {
    const { clock, fire } = handMadeClock()
    let rounds = 0
    let other = false
    const again = () => {
      rounds += 1
      // A tick that runs them all would never end otherwise.
      if (rounds < 100) clock.alarm(clock.monotonic() - 100, again)
    }
    clock.alarm(clock.monotonic(), again)
    fire()
    expect(rounds).toBe(1)
    clock.alarm(clock.monotonic() + 5, () => (other = true))
    for (let ticks = 0; ticks < 20; ticks += 1) fire()
    expect(other).toBe(true)
    expect(rounds).toBe(21)
  })

  it('may set and cancel others, and the timer follows', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    const fired: string[] = []
    const doomed = made.clock.alarm(now + 30, () => fired.push('doomed'))
    made.clock.alarm(now + 10, () => {
      doomed[Symbol.dispose]()
      made.clock.alarm(now + 20, () => fired.push('new'))
    })
    made.fire()
    expect(made.timers.map(({ at }) => at)).toEqual([now + 20])
    while (made.fire());
    expect(fired).toEqual(['new'])
  })
})

describe('a reporter of alarm errors that fails itself', () => {
  it('P12 stops neither the other alarms nor the clock', () => {
    const fail = () => {
      throw new Error('no log to write to')
    }
    const made = handMadeClock({ onAlarmError: fail })
    const now = made.clock.monotonic()
    const fired: string[] = []
    made.clock.alarm(now + 1, fail)
    made.clock.alarm(now + 1, () => fired.push('beside it'))
    while (made.fire());
    made.clock.alarm(now + 2, () => fired.push('later'))
    while (made.fire());
    expect(fired).toEqual(['beside it', 'later'])
  })
})
