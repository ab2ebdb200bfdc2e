import type { AccessToken } from '@evergrant/core'
import { discardBody } from '../http/body-text.ts'
import { isRequest, urlOf, type FetchFunction, type FetchInput } from '../http/fetch-function.ts'
import { checkKnownOptions } from '../http/known-options.ts'
import type { BearerOptions, BearerSession } from './options.ts'
import { originRule } from './origin-rule.ts'
import { replayTest, secondInput } from './replay.ts'
import { tokenCarrier } from './token-carrier.ts'
import { isTokenRejected } from './token-verdict.ts'

/**
 * A `fetch` that sends the session's token (RFC 6750 section 2.1) and knows what a refusal of it means (P10).
 *
 * - The token goes to the origins of {@link BearerOptions.origins} only; for another one it rejects with
 *   `foreign-origin` before anything is sent. Redirects are followed by the underlying fetch, which drops the token
 *   where the origin changes.
 * - It waits for a token no longer than the session and the request's own signal allow, and rejects as
 *   `TokenSession.getToken` does.
 * - When the server refuses the token, the session is told which one it was. A request that may be repeated
 *   ({@link BearerOptions.replay}) is sent once more with the next token, and that second answer is given back
 *   whatever it says; any other gets the refusal as it is, while the session looks for a new token by itself.
 * - A caller's own `Authorization` header gives way to the session's.
 *
 * Throws `invalid-options` at once for options that cannot be used.
 */
export function bearerFetch(session: BearerSession, options: BearerOptions = {}): FetchFunction {
  checkKnownOptions(options, ['origins', 'replay', 'isRejected', 'fetch'] satisfies (keyof BearerOptions)[])
  const send: FetchFunction = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const origins = originRule(session.provider.apiBaseUrl, options.origins)
  const carrying = tokenCarrier()
  const mayReplay = replayTest(options.replay)
  const { isRejected = isTokenRejected } = options

  function nextToken(signal: AbortSignal | null | undefined): Promise<AccessToken> {
    return session.getToken(signal ? { signal } : {})
  }

  async function refused(response: Response): Promise<boolean> {
    // Where a redirect has led elsewhere, the token did not go along.
    if (response.redirected && !origins.allows(response.url)) return false
    return isRejected(response)
  }

  return async (input, init) => {
    const request = isRequest(input) ? input : undefined
    const url = urlOf(input)
    origins.check(url)
    const signal = init?.signal === undefined ? request?.signal : init.signal
    const token = session.peekToken() ?? (await nextToken(signal))

    const method = init?.method?.toUpperCase() ?? request?.method ?? 'GET'
    const second = mayReplay({ method, url }) ? secondInput(input, init) : null
    try {
      const response = await send(input, carrying(input, init, token))
      if (response.status < 400 || !(await refused(response))) return response
      session.reportRejected(token)
      if (second === null) return response

      // Before the wait: a refusal left unread may hold the very connection that the token request needs.
      discardBody(response)
      const next = await nextToken(signal)
      const answer = await send(second, carrying(second, init, next))
      if (answer.status >= 400 && (await refused(answer))) session.reportRejected(next)
      return answer
    } finally {
      discardCopy(input, second)
    }
  }
}

/** A copy that was sent is locked by then, and stays as it is. */
function discardCopy(input: FetchInput, second: FetchInput | null): void {
  if (second !== null && second !== input && isRequest(second)) discardBody(second)
}
