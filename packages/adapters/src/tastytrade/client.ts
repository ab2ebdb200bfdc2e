import { createSession, type SessionOptions, type TokenSession } from '@evergrant/core'
import ky, { type KyInstance } from 'ky'
import { DEFAULT_USER_AGENT, userAgentHeader } from '../http/user-agent.ts'
import { bearer } from '../ky.ts'
import type { TastytradeOptions } from './options.ts'
import { tastytrade, type TastytradeProvider } from './provider.ts'

/** The options of `tastytrade()` and those of `createSession()`. */
export interface CreateTastytradeOptions
  extends TastytradeOptions, Omit<SessionOptions<TastytradeProvider>, 'provider'> {}

/** Disposing it disposes the session. */
export interface TastytradeClient extends AsyncDisposable {
  readonly session: TokenSession<TastytradeProvider>
  /** ky with the token, at the base URL of the API: `api.get('customers/me').json()`. */
  readonly api: KyInstance
}

/**
 * A session and an API client in one: `createTastytrade({ credentials: { clientSecret, refreshToken } })`. Nothing is
 * sent before the first call. Throws `invalid-options` or `store-sharing`.
 *
 * The client repeats a call whose token was refused if its method is idempotent, so never the placing of an order. For
 * anything else, extend ky with `bearer(session, …)` of `@evergrant/adapters/ky`.
 */
export function createTastytrade(options: CreateTastytradeOptions = {}): TastytradeClient {
  const { environment, baseUrl, apiBaseUrl, body, userAgent, scopes, fetch, maxResponseBytes, ...rest } = options
  const provider = tastytrade({ environment, baseUrl, apiBaseUrl, body, userAgent, scopes, fetch, maxResponseBytes })
  const session = createSession({ ...rest, provider })
  const api = ky.create({
    ...bearer(session, { fetch }),
    headers: { accept: 'application/json', ...userAgentHeader(userAgent ?? DEFAULT_USER_AGENT) },
    prefix: provider.apiBaseUrl,
  })
  return { session, api, [Symbol.asyncDispose]: () => session.dispose() }
}
