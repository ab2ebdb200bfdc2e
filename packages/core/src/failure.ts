/**
 * How a token request failed.
 * - `rejected`: the server answered with an OAuth error code
 * - `edge`: 401 or 403 with HTML or nothing in it: something in front of the server, no verdict on the grant
 * - `rate-limited`: 429
 * - `server`: 408 or 5xx
 * - `timeout`: no answer in time
 * - `network`: reset, DNS, TLS
 * - `redirect`: 3xx; never followed with secrets in the body
 * - `malformed`: an answer that cannot be read, too large, or cut off
 * - `unknown`: anything else
 */
export type FailureKind =
  | 'rejected'
  | 'edge'
  | 'rate-limited'
  | 'server'
  | 'timeout'
  | 'network'
  | 'redirect'
  | 'malformed'
  | 'unknown'

/** A failed token request as plain data, without secrets. */
export interface TokenRequestFailure {
  readonly kind: FailureKind
  /** HTTP status, if there was an answer. */
  readonly status?: number
  /** `error_code`, `error` or `error.code` of the answer, e.g. `invalid_grant`. */
  readonly oauthCode?: string
  /** What the server said, redacted. */
  readonly description?: string
  /** Ms that the server asked to wait (`Retry-After`). */
  readonly retryAfter?: number
  /** Epoch ms from the `Date` header. */
  readonly date?: number
}
