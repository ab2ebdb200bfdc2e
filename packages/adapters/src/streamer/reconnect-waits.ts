/** Ms to wait before each attempt to connect again. */
export interface ReconnectWaits {
  /** Twice the one before. */
  next(): number
  /** The next one is short again. */
  reset(): void
}

/** Ms. */
const FIRST_WAIT = 1000
const LONGEST_WAIT = 60_000

/** From half the wait to the whole of it, at random: a server that restarts is not met by all its clients at once. */
export function createReconnectWaits(random: () => number): ReconnectWaits {
  let attempt = 0
  return {
    next() {
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt) * (0.5 + random() / 2)
      attempt += 1
      return wait
    },
    reset() {
      attempt = 0
    },
  }
}
