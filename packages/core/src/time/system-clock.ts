import type { Clock } from '../clock.ts'
import { createAlarmQueue } from './alarm-queue.ts'

/** What {@link createSystemClock} is made of; the defaults are the platform's own. */
export interface SystemClockParts {
  /** Wall clock, epoch ms. */
  readonly readWall?: () => number
  /** Ms that never go back; may stand still while the machine sleeps, as on Linux. */
  readonly readMonotonic?: () => number
  readonly setTimer?: (run: () => void, delay: number) => unknown
  readonly clearTimer?: (timer: unknown) => void
  /** Told about an alarm that threw. Default: the error surfaces as uncaught, after the other alarms have run. */
  readonly onAlarmError?: (error: unknown) => void
}

interface NodeTimer {
  ref?(): unknown
  unref?(): unknown
}

/**
 * The longest time between two looks at the clock. Far below the 2^31 ms at which platform timers fire at once, and
 * short enough that waking from sleep is noticed soon.
 */
const LONGEST_TIMER = 30_000

/**
 * A wall clock that runs ahead of the monotonic one by more than this, between two looks, means time asleep (or a clock
 * that was set forward, which looks the same and is treated alike: tokens seem older, never younger).
 */
const SLEEP_THRESHOLD = 2_000

/** The places of the two clocks in their last reading. */
const WALL = 0
const RUNNING = 1

/** A clock over the platform's, with one timer for all its alarms, which lets Node exit unless an alarm says `hold`. */
export function createSystemClock(parts: SystemClockParts = {}): Clock {
  const readWall = parts.readWall ?? Date.now
  const readMonotonic = parts.readMonotonic ?? (() => performance.now())
  const setTimer = parts.setTimer ?? ((run, delay) => setTimeout(run, delay))
  const clearTimer = parts.clearTimer ?? ((timer) => clearTimeout(timer as number))
  const onAlarmError = parts.onAlarmError ?? rethrowLater

  const queue = createAlarmQueue(() => {
    if (firing === null) arm()
  })
  // Numbers in variables of a closure would be allocated anew with each reading, and readings are many (B2).
  const last = Float64Array.of(readWall(), readMonotonic())
  let asleep = 0
  let timer: unknown
  let timerAt = Number.POSITIVE_INFINITY
  let firing: number | null = null

  function monotonic(): number {
    const wallNow = readWall()
    const runningNow = readMonotonic()
    const jump = wallNow - (last[WALL] ?? 0) - (runningNow - (last[RUNNING] ?? 0))
    if (jump > SLEEP_THRESHOLD) asleep += jump
    last[WALL] = wallNow
    last[RUNNING] = runningNow
    return runningNow + asleep
  }

  function arm(): void {
    const next = queue.next()
    if (next === undefined) {
      if (timer !== undefined) clearTimer(timer)
      timer = undefined
      timerAt = Number.POSITIVE_INFINITY
      return
    }
    if (timer === undefined || next < timerAt) {
      if (timer !== undefined) clearTimer(timer)
      const now = monotonic()
      // Rounded up: a timer that fires a fraction early would find nothing due and spin.
      const delay = Math.min(LONGEST_TIMER, Math.max(0, Math.ceil(next - now)))
      timerAt = now + delay
      timer = setTimer(tick, delay)
    }
    const node = timer as NodeTimer
    if (queue.held > 0) node.ref?.()
    else node.unref?.()
  }

  function tick(): void {
    timer = undefined
    timerAt = Number.POSITIVE_INFINITY
    const now = monotonic()
    firing = now
    for (let run = queue.take(now); run !== undefined; run = queue.take(now)) {
      try {
        run()
      } catch (error) {
        report(error)
      }
    }
    firing = null
    arm()
  }

  function report(error: unknown): void {
    try {
      onAlarmError(error)
    } catch {
      // A reporter that fails has nobody to report to; the other alarms go on.
    }
  }

  return {
    now: readWall,
    monotonic,
    alarm(at, run, options) {
      // An alarm that sets another in the past must not keep this tick to itself.
      const due = firing === null ? at : Math.max(at, firing + 1)
      const entry = queue.add(due, run, options?.hold ?? false)
      if (firing === null) arm()
      return entry
    },
    ...endOfTurn(),
  }
}

function rethrowLater(error: unknown): void {
  setTimeout(() => {
    throw error
  })
}

function endOfTurn(): Pick<Clock, 'endOfTurn'> {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown }
  return typeof setImmediate === 'function' ? { endOfTurn: (run) => void setImmediate(run) } : {}
}

/**
 * The clock of this process. One for all sessions, so that any number of them share one timer (P12); it holds no
 * timer until an alarm is set.
 */
export const systemClock: Clock = /* @__PURE__ */ createSystemClock()
