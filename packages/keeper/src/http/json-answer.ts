const HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** An answer that nobody keeps: all of them are about tokens or their state. */
export function jsonAnswer(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } })
}

/** The same for a body that is text already. */
export function jsonText(text: string): Response {
  return new Response(text, { headers: HEADERS })
}

/** ISO 8601 in UTC; `null` where there is no time. */
export function isoTime(time: number | null): string | null {
  return time === null || !Number.isFinite(time) ? null : new Date(time).toISOString()
}
