const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** `0.4 s`, `12 s`, `14 min`, `7.9 h`. */
export function span(ms: number): string {
  if (ms >= 100 * MINUTE) return `${(ms / HOUR).toFixed(1)} h`
  if (ms >= 2 * MINUTE) return `${Math.round(ms / MINUTE)} min`
  const seconds = Math.max(0, ms) / SECOND
  return `${seconds >= 10 || Number.isInteger(seconds) ? Math.round(seconds) : seconds.toFixed(1)} s`
}

/** `14:31:07`, in UTC, so that it is the same everywhere. */
export function timeOfDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(11, 19)
}
