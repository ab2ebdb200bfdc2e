import type { AccessToken } from '@evergrant/core'
import { discardBody } from '../http/body-text.ts'
import { isRequest, urlOf, type FetchFunction, type FetchInput } from '../http/fetch-function.ts'
import { checkKnownOptions } from '../options/known-options.ts'
import type { BearerOptions, BearerSession } from './options.ts'
import { originRule } from './origin-rule.ts'
import { candidate, needsCopy, replayTest, sendable, type Outgoing } from './replay.ts'
import { tokenCarrier } from './token-carrier.ts'
import { isTokenRejected } from './token-verdict.ts'
import { tokenWait } from './token-wait.ts'

/**
 * A `fetch` that sends the session's token (RFC 6750 section 2.1) and knows what a refusal of it means (P10).
 *
 * - The token goes to the origins of {@link BearerOptions.origins} only; for another one it rejects with
 *   `foreign-origin` before anything is sent. Redirects are followed by the underlying fetch, which drops the token
 *   where the origin changes.
 * - Where the server says with each token where its API lives (`AccessToken.apiBaseUrl`), and neither the provider nor
 *   `origins` says it, the token goes there only, and a path in place of a URL is one of that API.
 * - It waits for a token no longer than {@link BearerOptions.maxWait} and the request's own signal allow, and rejects as
 *   `TokenSession.getToken` does.
 * - When the server refuses the token, the session is told which one it was. A request that may be repeated
 *   ({@link BearerOptions.replay}) is sent once more with the next token, and that second answer is given back
 *   whatever it says; any other gets the refusal as it is, while the session looks for a new token by itself.
 * - A caller's own `Authorization` header gives way to the session's.
 *
 * Throws `invalid-options` at once for options that cannot be used.
 */
export function bearerFetch(session: BearerSession, options: BearerOptions = {}): FetchFunction {
  checkKnownOptions(options, ['maxWait', 'origins', 'replay', 'isRejected', 'fetch'] satisfies (keyof BearerOptions)[])
  const send: FetchFunction = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const origins = originRule(session.provider.apiBaseUrl, options.origins)
  const carrying = tokenCarrier()
  const mayReplay = replayTest(options.replay)
  const { isRejected = isTokenRejected } = options
  const wait = tokenWait(options.maxWait)

  function nextToken(input: FetchInput, init: RequestInit | undefined): Promise<AccessToken> {
    const signal = init?.signal === undefined && isRequest(input) ? input.signal : init?.signal
    return session.getToken(signal ? { ...wait, signal } : wait)
  }

  /** A path is one of the API that the token is for, where that is said by the token alone. */
  function placed(input: FetchInput, token: AccessToken): FetchInput {
    const place = origins.place(urlOf(input), token)
    return typeof input === 'string' ? place : input
  }

  async function refuses(response: Response): Promise<boolean> {
    if (response.status < 400) return false
    // Where a redirect has led elsewhere, the token did not go along.
    if (response.redirected && !origins.allows(response.url)) return false
    return isRejected(response)
  }

  /** What the caller gets for a first answer that is no success. */
  async function settle(first: Response, token: AccessToken, request: Outgoing): Promise<Response> {
    if (!(await refuses(first))) return first
    session.reportRejected(token)
    const again = request.copy ?? (mayReplay(candidate(request)) ? sendable(request) : null)
    if (again === null) return first

    // Before the wait: a refusal left unread may hold the very connection that the token request needs.
    discardBody(first)
    const next = await nextToken(request.input, request.init)
    const second = await send(placed(again, next), carrying(again, request.init, next))
    if (await refuses(second)) session.reportRejected(next)
    return second
  }

  return async (input, init) => {
    origins.check(urlOf(input))
    const token = session.peekToken() ?? (await nextToken(input, init))
    const copy = needsCopy(input, init) && mayReplay(candidate({ input, init })) ? input.clone() : null
    try {
      const response = await send(placed(input, token), carrying(input, init, token))
      return response.status < 400 ? response : await settle(response, token, { input, init, copy })
    } finally {
      // One that was sent is locked by then, and stays as it is.
      if (copy !== null) discardBody(copy)
    }
  }
}
