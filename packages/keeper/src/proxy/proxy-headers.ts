/** RFC 9110 section 7.6.1, and what proxies have added to it. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Of the caller's business with the keeper, or of the way to it; and what makes some servers see another request. */
const NOT_SENT = new Set([
  ...HOP_BY_HOP,
  'accept-encoding',
  'authorization',
  'content-length',
  'cookie',
  'cookie2',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'max-forwards',
  'origin',
  'referer',
  'via',
  'x-api-key',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
  'true-client-ip',
])
const NOT_SENT_PREFIXES = ['x-evergrant-', 'x-forwarded-', 'proxy-', 'sec-', 'cf-', ':']

/** Of the provider's business with its own clients; the body comes decoded, and is measured anew. */
const NOT_PASSED_BACK = new Set([
  ...HOP_BY_HOP,
  'accept-ch',
  'alt-svc',
  'authentication-info',
  'clear-site-data',
  'content-encoding',
  'content-length',
  'content-location',
  'content-security-policy',
  'link',
  'location',
  'nel',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'set-cookie2',
  'sourcemap',
  'strict-transport-security',
  'x-accel-redirect',
  'x-sendfile',
])
const NOT_PASSED_BACK_PREFIXES = ['access-control-', 'proxy-', 'x-evergrant-', 'x-accel-']

/** RFC 9110 section 10.1.5. Some servers turn away what has no version, as the `node` of Node's own fetch. */
const PRODUCT_AND_VERSION = /^[^\s/]+\/\S/

/** The headers of a caller's request that go on to the API. Without a `User-Agent` of the form name/version it gets ours. */
export function headersToSend(headers: Headers, userAgent: string): Headers {
  const sent = kept(headers, NOT_SENT, NOT_SENT_PREFIXES)
  if (!PRODUCT_AND_VERSION.test(sent.get('user-agent') ?? '')) sent.set('user-agent', userAgent)
  return sent
}

/** The headers of the API's answer that go back to the caller. Nobody on the way is to keep the answer. */
export function headersToPassBack(headers: Headers): Headers {
  const passed = kept(headers, NOT_PASSED_BACK, NOT_PASSED_BACK_PREFIXES)
  passed.set('cache-control', 'no-store')
  passed.set('x-content-type-options', 'nosniff')
  return passed
}

function kept(headers: Headers, names: ReadonlySet<string>, prefixes: readonly string[]): Headers {
  const named = new Set((headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase()))
  const all = new Headers()
  for (const [name, value] of headers) {
    if (names.has(name) || named.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) continue
    all.append(name, value)
  }
  return all
}
