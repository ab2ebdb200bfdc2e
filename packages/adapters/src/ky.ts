import { bearerFetch } from './bearer/bearer-fetch.ts'
import type { BearerOptions, BearerSession } from './bearer/options.ts'
import { LONGEST_WAIT_IN_KY } from './bearer/token-wait.ts'
import type { FetchFunction } from './http/fetch-function.ts'

export type { BearerOptions, BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'
export type { FetchFunction } from './http/fetch-function.ts'

/** Options for `ky.extend()` or `ky.create()`. */
export interface BearerKyOptions {
  readonly fetch: FetchFunction
}

/**
 * Joins a session to ky: `ky.extend(bearer(session))`. Takes ky's `fetch` option, which costs less than its hooks and
 * lets the token stay off the request that ky's errors carry; a `fetch` of your own goes into the options here.
 *
 * The `timeout` of ky holds for the wait for a token too, and its error does not say what the session knows. So
 * `maxWait` is 8 s here unless given; with a `timeout` of your own below that, give it a `maxWait` below its own. Each of
 * ky's own retries asks for the token anew; what the session says is not retried. All else is as with `bearerFetch` of
 * `@evergrant/adapters/fetch`.
 */
export function bearer(session: BearerSession, options?: BearerOptions): BearerKyOptions {
  return { fetch: bearerFetch(session, { ...options, maxWait: options?.maxWait ?? LONGEST_WAIT_IN_KY }) }
}
