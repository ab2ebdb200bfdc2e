import type { Clock } from '@evergrant/core'

/** Measures how long something has stood still under the eyes of this process. */
export interface Vigil {
  /** Takes a look; gives the ms that `mark` has been seen unchanged. */
  look(mark: string): number
}

/**
 * The most that one look adds. More than the longest pause between two; a gap beyond it means that this process slept
 * or stalled, or that a clock was set (which looks the same), and then the other side may have done so too: it must
 * get its chance to show a sign of life first (P15).
 */
const LONGEST_GLANCE = 250

/**
 * No clock is shared between hosts, and even on one host the wall clock may jump. So nobody is declared gone for what
 * a stored time says, but for not having moved while somebody watched.
 */
export function createVigil(clock: Clock): Vigil {
  let seen: string | undefined
  let watched = 0
  let at = 0
  return {
    look(mark) {
      const now = clock.monotonic()
      watched = mark === seen ? watched + Math.min(now - at, LONGEST_GLANCE) : 0
      seen = mark
      at = now
      return watched
    },
  }
}
