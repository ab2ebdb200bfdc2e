import type { Clock } from '../clock.ts'
import type { Timeline } from './timeline.ts'

/** Calls that one reading may serve, so that a turn that never ends cannot live on it. */
const LONGEST_BURST = 64

/**
 * The time for calls that come in bursts. Reading a clock costs more than all else in handing out a token that is
 * there, so two readings within one ms begin a burst, in which the time is read once; the end of the turn of the event
 * loop ends it. Across turns, where a machine may have slept, the time is always read anew (P5).
 */
export function createBurstReading(clock: Clock, timeline: Timeline): () => number {
  let reading = Number.NaN
  let left = 0
  let armed = false

  const endBurst = () => {
    left = 0
    armed = false
  }

  return () => {
    if (left > 0) {
      left -= 1
      return reading
    }
    const now = timeline.now()
    if (now === reading && clock.endOfTurn !== undefined) {
      left = LONGEST_BURST
      if (!armed) clock.endOfTurn(endBurst)
      armed = true
    }
    reading = now
    return now
  }
}
