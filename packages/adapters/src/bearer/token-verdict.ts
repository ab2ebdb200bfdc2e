// `application/json`, `application/problem+json`, and the like.
const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i
const BEARER_ERROR = /\bbearer\b.*?\berror\s*=\s*"?([\w-]+)/i

/**
 * Whether a 401 is a verdict on the token. A challenge that names an error decides (RFC 6750 section 3.1); without one,
 * JSON comes from the API, while HTML or nothing comes from something in front of it, which has judged no token
 * (docs/protocol.md#api-errors). A 403 is about what the token may do, not about the token.
 */
export function isTokenRejected({ status, headers }: Response): boolean {
  if (status !== 401) return false
  const named = BEARER_ERROR.exec(headers.get('www-authenticate') ?? '')?.[1]
  if (named !== undefined) return named.toLowerCase() === 'invalid_token'
  return JSON_TYPE.test(headers.get('content-type') ?? '') && headers.get('content-length') !== '0'
}
