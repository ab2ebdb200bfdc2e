import { invalidOptions } from '@evergrant/core'
import type { Dispatcher } from 'undici'
import type { BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'
import { originRule } from './bearer/origin-rule.ts'
import { replayTest } from './bearer/replay.ts'
import { isTokenRejected } from './bearer/token-verdict.ts'
import { tokenWait } from './bearer/token-wait.ts'
import { checkKnownOptions } from './options/known-options.ts'
import { isAuthorizationRequest } from './undici/authorization-request.ts'
import { authorizedRequest } from './undici/authorized-request.ts'

export type { BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'

export interface BearerDispatchOptions {
  /**
   * Ms that a request waits for a token at most, and once more after a refusal. Then it fails with what the session
   * says: `wait-timeout`, `token-unavailable`. Default: the session's own bound (`policy.maxWait`, 30 s).
   */
  readonly maxWait?: number | undefined
  /**
   * The origins that the token goes to, in place of that of the provider's `apiBaseUrl`. https, or http on loopback.
   * Without either it goes nowhere, which is refused with `invalid-options`.
   */
  readonly origins?: readonly string[] | undefined
  /**
   * Default `idempotent`. Whatever the rule, a stream is not sent twice. A body that `fetch` has made of a text, a form
   * or a buffer is kept until the answer is there, up to 1 MiB; a larger one is not sent twice.
   */
  readonly replay?: ReplayRule | undefined
  /**
   * Whether an answer with a status from 400 to 599 says that the token is no longer good. It has no body here.
   * Default: a 401 with JSON or an `invalid_token` challenge.
   */
  readonly isRejected?: ((response: Response) => boolean) | undefined
  /**
   * Requests to these origins that go out as they are, without the token and without a wait for one: true for such,
   * false for one that needs the token, undefined to leave it to the default. That takes for such what an authorization
   * server is asked by a session itself: a POST to a path that ends in `token`, `revoke`, `introspect`, `par` or
   * `device_authorization`, a GET of `/.well-known/…`, and a GET of the root of the API, by which a block is probed.
   */
  readonly except?: ((request: ReplayCandidate) => boolean | undefined) | undefined
}

/**
 * Joins a session to undici, as an interceptor: `new Agent().compose(bearer(session))`. As the global dispatcher it gives
 * the token to global `fetch` too: `setGlobalDispatcher(new Agent().compose(bearer(session)))`.
 *
 * - Requests to other origins pass through untouched, without the token: this may stand in the way of all requests of a
 *   program. So do upgrades and CONNECT, and the session's own requests ({@link BearerDispatchOptions.except}).
 * - Without a usable token a request waits no longer than {@link BearerDispatchOptions.maxWait} and its own signal allow; the
 *   wait is no part of `headersTimeout`. `fetch` gives the session's error as the `cause` of its own.
 * - When the server refuses the token, the session is told which one it was. A request that may be repeated is sent once
 *   more with the next token, and that second answer is given back whatever it says; any other gets the refusal.
 * - Each hop of a redirect gets the token by its own origin, if the interceptor for redirects comes after this one in
 *   `compose`; with `fetch` it is always so. One for a cache comes before this one, or it would not know that answers
 *   belong to somebody.
 * - A caller's own `Authorization` header gives way to the session's.
 *
 * Throws `invalid-options` at once for options that cannot be used.
 */
export function bearer(
  session: BearerSession,
  options: BearerDispatchOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  checkKnownOptions(options, [
    'maxWait',
    'origins',
    'replay',
    'isRejected',
    'except',
  ] satisfies (keyof BearerDispatchOptions)[])
  const { apiBaseUrl } = session.provider
  if (apiBaseUrl === undefined && options.origins === undefined) {
    throw invalidOptions('origins', 'missing', 'Name the origins of the API: the provider does not say where it is.')
  }
  const origins = originRule(apiBaseUrl, options.origins)
  const mayReplay = replayTest(options.replay)
  const { isRejected = isTokenRejected, except } = options
  const wait = tokenWait(options.maxWait)

  return (dispatch) => {
    const send = authorizedRequest({ session, dispatch, wait, origins, mayReplay, isRejected })
    return (request, handler) => {
      const { origin = '', method, upgrade } = request
      if (method === 'CONNECT' || (upgrade ?? false) !== false || !origins.allows(String(origin))) {
        return dispatch(request, handler)
      }
      const asked = candidate(request)
      const untouched = except?.(asked) ?? isAuthorizationRequest(asked, apiBaseUrl)
      return untouched ? dispatch(request, handler) : send(request, asked, handler)
    }
  }
}

/** A request as rules see it. */
function candidate({ origin = '', path, method }: Dispatcher.DispatchOptions): ReplayCandidate {
  return { method: method.toUpperCase(), url: new URL(path, origin).href }
}
