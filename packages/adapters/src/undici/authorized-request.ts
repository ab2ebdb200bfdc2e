import type { AccessToken } from '@evergrant/core'
import type { Dispatcher } from 'undici'
import type { BearerSession, ReplayCandidate } from '../bearer/options.ts'
import type { OriginRule } from '../bearer/origin-rule.ts'
import type { TokenWait } from '../bearer/token-wait.ts'
import { discardedAnswer, type DiscardedAnswer } from './discarded-answer.ts'
import { withAuthorization } from './header-list.ts'
import { repeatableBody } from './repeatable-body.ts'
import { steadyController } from './steady-controller.ts'

export interface AuthorizedRequestParts {
  readonly session: BearerSession
  readonly dispatch: Dispatcher.Dispatch
  readonly wait: TokenWait
  readonly origins: OriginRule
  readonly mayReplay: (request: ReplayCandidate) => boolean
  readonly isRejected: (response: Response) => boolean
}

/** What a redirect handler tells whoever comes before it. */
interface RedirectContext {
  readonly history?: readonly URL[]
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]
type Send = (
  request: Dispatcher.DispatchOptions,
  asked: ReplayCandidate,
  handler: Dispatcher.DispatchHandler,
) => boolean

/** Sends a request with the token: at once if there is one, once more if it is refused and the request may be repeated. */
export function authorizedRequest(parts: AuthorizedRequestParts): Send {
  const { session, dispatch, wait, origins, mayReplay, isRejected } = parts

  return (request, asked, handler) => {
    const controller = steadyController()
    const replays = mayReplay(asked)
    const repeatable = repeatableBody(request, replays)
    let begun = false

    function begin(context: unknown): void {
      if (begun) return
      begun = true
      handler.onRequestStart?.(controller, context)
    }

    function send(token: AccessToken, body: Dispatcher.DispatchOptions['body'], last: boolean): boolean {
      const headers = withAuthorization(request.headers, token.authorization)
      // An absent body is not the same as one that is undefined, to the types of undici.
      return dispatch({ ...request, headers, ...(body === undefined ? {} : { body }) }, relay(token, last))
    }

    async function sendLater(body: Dispatcher.DispatchOptions['body'], last: boolean): Promise<void> {
      try {
        const token = await session.getToken({ ...wait, signal: controller.signal })
        controller.signal.throwIfAborted()
        send(token, body, last)
      } catch (error) {
        handler.onResponseError?.(controller, error as Error)
      }
    }

    /** Passes on what becomes of one sending, but for a refusal after which it is sent again. */
    function relay(token: AccessToken, last: boolean): Dispatcher.DispatchHandler {
      let discarded: DiscardedAnswer | undefined
      let context: RedirectContext | null = null

      function refuses(status: number, headers: Headers): boolean {
        if (status < 400 || status > 599) return false
        // Where a redirect has led elsewhere, the token did not go along.
        const place = context?.history?.at(-1)
        if (place !== undefined && !origins.allows(place.href)) return false
        return isRejected(new Response(null, { status, headers: asHeaders(headers) }))
      }

      return {
        onRequestStart(target, given: unknown) {
          context = given as RedirectContext | null
          controller.follow(target)
          begin(given)
        },
        onRequestUpgrade(_, ...rest) {
          handler.onRequestUpgrade?.(controller, ...rest)
        },
        onResponseStarted() {
          handler.onResponseStarted?.()
        },
        onBodySent(chunk) {
          handler.onBodySent?.(chunk)
        },
        onRequestSent() {
          handler.onRequestSent?.()
        },
        onResponseStart(target, status, headers, message) {
          if (refuses(status, headers)) {
            session.reportRejected(token)
            const again = last || !replays ? undefined : repeatable.again()
            if (again !== undefined) {
              discarded = discardedAnswer(target, controller.signal)
              controller.follow(null)
              void sendLater(again.body, true)
              return
            }
          }
          handler.onResponseStart?.(controller, status, headers, message)
        },
        onResponseData(_, chunk) {
          if (discarded === undefined) handler.onResponseData?.(controller, chunk)
          else discarded.data(chunk)
        },
        onResponseEnd(_, trailers) {
          if (discarded === undefined) handler.onResponseEnd?.(controller, trailers)
          else discarded.end()
        },
        onResponseError(_, error) {
          if (discarded === undefined) handler.onResponseError?.(controller, error)
          else discarded.end()
        },
      }
    }

    const token = session.peekToken()
    if (token !== null) return send(token, repeatable.body, false)
    // Told before it is sent, or nobody could end the wait.
    begin(null)
    void sendLater(repeatable.body, false)
    return true
  }
}

function asHeaders(fields: Headers): globalThis.Headers {
  const headers = new globalThis.Headers()
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) headers.append(name, one)
  }
  return headers
}
