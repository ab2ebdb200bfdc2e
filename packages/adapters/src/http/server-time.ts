// Date.parse alone takes nearly anything for a date; both forms of RFC 9110 section 5.6.7 that servers use end so.
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .+ GMT$/
const SECONDS = /^-?\d+(?:\.\d+)?$/
const DAY = 86_400_000

function parseHttpDate(text: string | null): number | undefined {
  if (text === null || !HTTP_DATE.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** Epoch ms of the `Date` header; undefined for an answer with an `Age`, which says when a cache got it. */
export function serverDate(headers: Headers): number | undefined {
  return headers.has('age') ? undefined : parseHttpDate(headers.get('date'))
}

/**
 * Ms that `Retry-After` asks to wait (RFC 9110 section 10.2.3), from 0 to a day: no server may silence a client for
 * good. A date counts from the `Date` of the same answer, so that a wrong clock here does not matter; without one it
 * says nothing.
 */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (SECONDS.test(text)) return bounded(Number(text) * 1000)
  const until = parseHttpDate(text)
  const answered = parseHttpDate(headers.get('date'))
  return until === undefined || answered === undefined ? undefined : bounded(until - answered)
}

function bounded(wait: number): number {
  return Math.min(Math.max(Math.ceil(wait), 0), DAY)
}
