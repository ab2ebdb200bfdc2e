import type { Clock } from '@evergrant/core'

/** Counts requests of many callers, each against a bucket of its own. */
export interface RateLimit {
  /** Takes one; gives the ms to wait if there is none, else 0. */
  take(caller: string): number
  /** The ms to wait for one, without taking it. */
  wait(caller: string): number
}

const MINUTE = 60_000
/** Callers that are remembered. In a flood from everywhere the one that was seen first begins anew. */
const MOST_CALLERS = 10_000

/**
 * `perMinute` requests at once, and as many again within each minute (the generic cell rate algorithm: of each caller one
 * time is kept, that at which its bucket is full).
 */
export function createRateLimit(clock: Clock, perMinute: number): RateLimit {
  const interval = MINUTE / perMinute
  const fullAt = new Map<string, number>()

  /** When the bucket is full again after one more. */
  function next(caller: string, now: number): number {
    return Math.max(fullAt.get(caller) ?? now, now) + interval
  }

  // Sums of fractions of a minute are not exact.
  const missing = (at: number, now: number): number => (at - now > MINUTE + interval / 2 ? at - now - MINUTE : 0)

  return {
    wait(caller) {
      const now = clock.monotonic()
      return missing(next(caller, now), now)
    },
    take(caller) {
      const now = clock.monotonic()
      const at = next(caller, now)
      const wait = missing(at, now)
      if (wait > 0) return wait
      fullAt.set(caller, at)
      const [first] = fullAt.size > MOST_CALLERS ? fullAt.keys() : []
      if (first !== undefined) fullAt.delete(first)
      return 0
    },
  }
}
