import fc from 'fast-check'

/** What comes from a server, as plain data, so that a failing case can be read. */
export interface AnyAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Where the body ends otherwise than it should. */
  readonly ends: 'well' | 'broken off' | 'never'
}

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** The answer as fetch gives it, in chunks of 7 bytes at first, so that they cut through characters. */
export function responseOf({ status, headers, body, ends }: AnyAnswer): Response {
  if (NO_BODY.has(status)) return new Response(null, { status, headers })
  let sent = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent < body.length) {
        const chunk = body.subarray(sent, sent === 0 ? 7 : body.length)
        sent += chunk.length
        controller.enqueue(chunk)
      } else if (ends === 'well') controller.close()
      else if (ends === 'broken off') controller.error(new TypeError('terminated'))
      else return new Promise(() => undefined)
      return undefined
    },
  })
  return new Response(stream, { status, headers })
}

const CODES = ['invalid_grant', 'access_denied', 'invalid_client', 'unauthorized_client']
const MISMATCH = /client secret mismatch/i

/** Whether this answer can be the server's last word on a credential; if in doubt, it can. */
export function isDefinitive({ status, body, ends }: AnyAnswer): boolean {
  if (status === 408 || status === 429 || status >= 500 || NO_BODY.has(status) || ends !== 'well') return false
  try {
    // Through JSON, since a code may be written with escapes.
    const text = JSON.stringify(JSON.parse(new TextDecoder().decode(body)))
    return CODES.some((code) => text.includes(code)) || MISMATCH.test(text)
  } catch {
    return false
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text)

const anyJson = fc.jsonValue({ maxDepth: 4 })
/** What a member of a body may be: what it should be, something near it, or anything. */
const near = (...likely: unknown[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...likely) }, { weight: 1, arbitrary: anyJson })

const aToken = near('invented-access-1', 'invented-access-2', '', ' ', 'with\nbreak', 'ünïcode', 'x'.repeat(9_000), 7)
const anExpiry = near(900, 1, 0, -1, '900', '1e3', '9'.repeat(400), 2 ** 53, 1e300, 0.001, 86_400, null)
const aCode = near(
  ...CODES,
  'invalid_request',
  'invalid_scope',
  'server_error',
  40_101,
  'Invalid_Grant',
  ' invalid_grant',
)
const aDescription = near('Grant revoked', 'Client secret mismatch', 'invalid_grant', 'x'.repeat(5_000), '\u0000\u202e')
const someRefreshToken = near('rotated-1', 'rotated-2', '', 5)

const grantBody = fc.record(
  {
    access_token: aToken,
    expires_in: anExpiry,
    refresh_token: someRefreshToken,
    scope: near('read', 5),
    token_type: near('Bearer'),
  },
  { requiredKeys: ['access_token'] },
)
const errorBody = fc.record(
  {
    error_code: aCode,
    error: fc.oneof(aCode, fc.record({ code: aCode, message: aDescription }, { requiredKeys: [] })),
    error_description: aDescription,
    access_token: aToken,
  },
  { requiredKeys: [] },
)

const rawTexts = [
  '',
  'null',
  '[]',
  '{"access_token":"invented","expires_in":1e999}',
  '{"access_token":"invented","expires_in":123456789012345678901234567890}',
  '{"__proto__":{"access_token":"invented"},"error_code":"invalid_grant"}',
  '{"access_token":"a","access_token":"invented-last"}',
  '\ufeff{"access_token":"invented","expires_in":900}',
  '{"error_code":"invalid_grant"',
  '{"error_code":"invalid_grant"} trailing',
  '<html><head><title>502 Bad Gateway</title></head><body>invalid_grant</body></html>',
  'error=invalid_grant&error_description=Grant+revoked',
  '['.repeat(60_000),
  '{"error":'.repeat(7_000),
]

const someBytes = fc.oneof(
  { weight: 4, arbitrary: grantBody.map((body) => utf8(JSON.stringify(body))) },
  { weight: 4, arbitrary: errorBody.map((body) => utf8(JSON.stringify(body))) },
  { weight: 2, arbitrary: fc.constantFrom(...rawTexts).map(utf8) },
  { weight: 1, arbitrary: anyJson.map((value) => utf8(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_000, max: 66_000 }).map((size) => utf8(`{"a":"${'x'.repeat(size)}"}`)) },
)
/** Some of them cut off anywhere, also in the middle of a character. */
const aBody = fc
  .tuple(someBytes, fc.option(fc.nat(), { freq: 4 }))
  .map(([bytes, cut]) => (cut === null ? bytes : bytes.slice(0, cut % (bytes.length + 1))))

const aStatus = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(200, 400, 401) },
  { weight: 2, arbitrary: fc.constantFrom(201, 204, 301, 302, 307, 403, 404, 408, 418, 429, 500, 502, 503, 599) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
)

/** Characters that a header can carry. */
const aHeaderText = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
const aDate = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.constantFrom(
    'Mon, 02 Mar 2026 14:30:00 GMT',
    'Monday, 02-Mar-26 14:30:00 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Sat, 13 Sep 275760 00:00:00 GMT',
    'Mon, 99 Foo 2026 99:99:99 GMT',
    'Mon Mar  2 14:30:00 2026',
    '2026-03-02',
    '0',
  ),
  aHeaderText,
)
const someHeaders = fc.record(
  {
    'content-type': fc.oneof(
      fc.constantFrom('application/json', 'application/problem+json; charset=utf-16', 'text/html', ''),
      aHeaderText,
    ),
    date: aDate,
    'retry-after': fc.oneof(
      fc.constantFrom('0', '5', '-5', '1e5', '99999999999999999999', '0.5', 'soon', '', '3600', 'NaN', 'Infinity'),
      aDate,
    ),
    age: fc.constantFrom('0', '60', 'old'),
    location: fc.oneof(fc.constantFrom('https://elsewhere.test/', '//', 'javascript:0', 'http://['), aHeaderText),
    'content-length': fc.constantFrom('0', '5', '99999', 'many'),
    'www-authenticate': aHeaderText,
  },
  { requiredKeys: [] },
)

/** Anything that a server can answer. */
export const anAnswer: fc.Arbitrary<AnyAnswer> = fc.record({
  status: aStatus,
  headers: someHeaders,
  body: aBody,
  ends: fc.oneof(
    { weight: 8, arbitrary: fc.constant('well' as const) },
    fc.constantFrom('broken off' as const, 'never' as const),
  ),
})
