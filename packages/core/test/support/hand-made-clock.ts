import { createSystemClock, type SystemClockParts } from '../../src/time/system-clock.ts'

interface Timer {
  readonly run: () => void
  readonly at: number
  readonly delay: number
  referenced: boolean
  ref(): void
  unref(): void
}

/** A system clock on a platform made by hand: time moves, and timers fire, only when a test says so. */
export function handMadeClock(more: Pick<SystemClockParts, 'onAlarmError'> = {}) {
  const platform = { wall: Date.UTC(2026, 2, 2, 14, 30), running: 5_000 }
  const delays: number[] = []
  let timers: Timer[] = []
  let most = 0

  const clock = createSystemClock({
    readWall: () => platform.wall,
    readMonotonic: () => platform.running,
    setTimer(run, delay) {
      const timer: Timer = {
        run,
        at: platform.running + delay,
        delay,
        referenced: true,
        ref: () => void (timer.referenced = true),
        unref: () => void (timer.referenced = false),
      }
      timers.push(timer)
      delays.push(delay)
      most = Math.max(most, timers.length)
      return timer
    },
    clearTimer(timer) {
      timers = timers.filter((one) => one !== timer)
    },
    ...more,
  })

  const pass = (ms: number): void => {
    platform.wall += ms
    platform.running += ms
  }

  const fire = (): boolean => {
    const next = timers.toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined) return false
    pass(Math.max(0, next.at - platform.running))
    timers = timers.filter((one) => one !== next)
    next.run()
    return true
  }

  return {
    clock,
    platform,
    /** The delays of all timers that were ever set. */
    delays,
    get timers(): readonly Timer[] {
      return timers
    },
    /** The most timers that there were at one time. */
    get most() {
      return most
    },
    /** Both clocks of the platform go on by this much; no timer fires. */
    pass,
    /** Fires the earliest timer, at its time or later. False if there is none. */
    fire,
  }
}
