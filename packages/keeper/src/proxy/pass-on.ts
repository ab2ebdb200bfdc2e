import { bearerFetch, type FetchFunction } from '@evergrant/adapters/fetch'
import { isEvergrantError, type TokenSession } from '@evergrant/core'
import type { Accounts } from '../accounts/accounts.ts'
import { Problem } from '../http/problem.ts'
import { readBytes } from '../http/read-input.ts'
import { headersToPassBack, headersToSend } from './proxy-headers.ts'
import { proxyTarget } from './proxy-path.ts'

export interface PassOnParts {
  readonly accounts: Accounts
  /** Bytes of a body. */
  readonly mostBody: number
  readonly fetch: FetchFunction | undefined
  readonly userAgent: string
}

/** A request to the provider's API, in the name of an account. */
interface PassedRequest {
  readonly account: string
  readonly method: string
  /** From the slash on, with its query, below `apiBaseUrl`. */
  readonly path: string
  readonly headers: Headers
  /** Read only where the method has a body. */
  readonly request: Request
  readonly signal: AbortSignal
}

/** Sends a request to the API with the account's token, and gives back what it answers. Rejects with problems. */
export type PassOn = (request: PassedRequest) => Promise<Response>

/** What fetch can send. TRACE and CONNECT are for proxies of another kind. */
export const PASSED_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** An answer that has no body, whatever comes with it. */
const EMPTY_STATUS: ReadonlySet<number> = new Set([204, 205, 304])

export function createPassOn({ accounts, mostBody, fetch, userAgent }: PassOnParts): PassOn {
  const { apiBaseUrl } = accounts.provider
  const senders = new WeakMap<TokenSession, FetchFunction>()
  // No redirect is followed: a token goes to the API and nowhere else.
  const send: FetchFunction = (input, init) => (fetch ?? globalThis.fetch)(input, { ...init, redirect: 'manual' })

  function senderFor(session: TokenSession): FetchFunction {
    const known = senders.get(session)
    if (known !== undefined) return known
    const sender = bearerFetch(session, { fetch: send })
    senders.set(session, sender)
    return sender
  }

  return async ({ account, method, path, headers, request, signal }) => {
    if (apiBaseUrl === undefined) {
      throw new Problem('not-found', {
        detail: 'This provider has no API to pass requests on to',
        help: 'Ask for a token (GET /api/v1/token), and send the request yourself.',
      })
    }
    const target = proxyTarget(apiBaseUrl, path)
    if (target === null) throw new Problem('path-refused')
    const body = WITHOUT_BODY.has(method) ? undefined : await readBytes(request, mostBody)
    const session = accounts.session(account)
    const answer = await sendWith(senderFor(session), target, {
      method,
      headers: headersToSend(headers, userAgent),
      signal,
      ...(body === undefined || body.byteLength === 0 ? {} : { body }),
    }).catch((error: unknown) => {
      accounts.release(account, error)
      throw error
    })
    return passBack(answer)
  }
}

async function sendWith(sender: FetchFunction, target: string, init: RequestInit): Promise<Response> {
  try {
    return await sender(target, init)
  } catch (error) {
    // Of the keeper's own, or the reason of the signal; all else is what fetch says, and that may quote what was sent.
    if (error instanceof Problem || isEvergrantError(error)) throw error
    throw new Problem('upstream-unreachable')
  }
}

async function passBack(answer: Response): Promise<Response> {
  const { status, body } = answer
  if ((status >= 300 && status < 400 && status !== 304) || answer.type === 'opaqueredirect') {
    await body?.cancel().catch(() => undefined)
    throw new Problem('upstream-redirect', { detail: `The API answered with a redirect (${status})` })
  }
  const headers = headersToPassBack(answer.headers)
  headers.set('x-evergrant-upstream', String(status))
  return new Response(EMPTY_STATUS.has(status) ? null : body, { status, headers })
}
