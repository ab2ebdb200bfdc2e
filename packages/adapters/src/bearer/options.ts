import type { TokenSession } from '@evergrant/core'
import type { FetchFunction } from '../http/fetch-function.ts'

/** What an HTTP adapter needs of a session. */
export interface BearerSession extends Pick<TokenSession, 'peekToken' | 'getToken' | 'reportRejected'> {
  readonly provider: { readonly apiBaseUrl?: string | undefined }
}

/** The request that a replay is thought of for. */
export interface ReplayCandidate {
  /** In capitals. */
  readonly method: string
  readonly url: string
}

/**
 * Which requests are sent a second time after the server refused their token. `idempotent`: GET, HEAD, OPTIONS, PUT,
 * DELETE and TRACE (RFC 9110 section 9.2.2). A function is asked when it matters: before a `Request`
 * with a body is sent, else once a token was refused.
 */
export type ReplayRule = 'idempotent' | 'always' | 'never' | ((request: ReplayCandidate) => boolean)

export interface BearerOptions {
  /**
   * Ms that a request waits for a token at most, and once more after a refusal. Then it rejects with what the session
   * says: `wait-timeout`, `token-unavailable`. Default: the session's own bound (`policy.maxWait`, 30 s); with
   * `/ky` 8 s.
   */
  readonly maxWait?: number | undefined
  /**
   * The origins that the token may go to, in place of that of the provider's `apiBaseUrl`. https, or http on
   * loopback. Without either, the token goes anywhere over https, and over http to loopback.
   */
  readonly origins?: readonly string[] | undefined
  /**
   * Default `idempotent`. Whatever the rule, a body that is a stream is not sent twice. A `Request` does not say what
   * its body was made from, so the body of one that the rule covers is copied, and kept until the answer is there.
   */
  readonly replay?: ReplayRule | undefined
  /**
   * Whether an answer with a status of 400 or more says that the token is no longer good. Default: a 401 with a JSON
   * body or an `invalid_token` challenge. Read a clone of the body, if at all.
   */
  readonly isRejected?: ((response: Response) => boolean | Promise<boolean>) | undefined
  /** What sends the requests. Default: the global `fetch`, looked up at each request. */
  readonly fetch?: FetchFunction | undefined
}
