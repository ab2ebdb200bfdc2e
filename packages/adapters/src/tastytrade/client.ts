import { createSession, type SessionOptions, type TokenSession } from '@evergrant/core'
import ky, { type KyInstance } from 'ky'
import { LONGEST_WAIT_IN_KY } from '../bearer/token-wait.ts'
import { DEFAULT_USER_AGENT, userAgentHeader } from '../http/user-agent.ts'
import { bearer } from '../ky.ts'
import { checkKnownOptions } from '../options/known-options.ts'
import { TASTYTRADE_OPTIONS, type TastytradeOptions } from './options.ts'
import { tastytrade, type TastytradeProvider } from './provider.ts'

/** The options of `tastytrade()` and those of `createSession()`. */
export interface CreateTastytradeOptions
  extends TastytradeOptions, Omit<SessionOptions<TastytradeProvider>, 'provider'> {}

/** All of them, or it does not compile: one that is left out would be refused. */
const OF_SESSION = {
  credentials: true,
  store: true,
  account: true,
  eager: true,
  policy: true,
  clock: true,
  random: true,
  sharing: true,
  keepAlive: true,
  onListenerError: true,
} as const satisfies Record<Exclude<keyof SessionOptions, 'provider'>, true>
const KNOWN = [...TASTYTRADE_OPTIONS, ...Object.keys(OF_SESSION)]

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
 * A call waits for a token for 8 s at most, or the policy's `maxWait` if that is less, and then rejects with what the session
 * says: `wait-timeout`, `token-unavailable`. ky's own `timeout`, 10 s, would not say why.
 *
 * The client repeats a call whose token was refused if its method is idempotent, so never the placing of an order. For
 * anything else, extend ky with `bearer(session, …)` of `@evergrant/adapters/ky`.
 */
export function createTastytrade(options: CreateTastytradeOptions = {}): TastytradeClient {
  checkKnownOptions(options, KNOWN)
  const { environment, baseUrl, apiBaseUrl, body, userAgent, scopes, fetch, maxResponseBytes, ...rest } = options
  const provider = tastytrade({ environment, baseUrl, apiBaseUrl, body, userAgent, scopes, fetch, maxResponseBytes })
  const session = createSession({ ...rest, provider })
  const api = ky.create({
    ...bearer(session, { fetch, maxWait: Math.min(rest.policy?.maxWait ?? LONGEST_WAIT_IN_KY, LONGEST_WAIT_IN_KY) }),
    headers: { accept: 'application/json', ...userAgentHeader(userAgent ?? DEFAULT_USER_AGENT) },
    prefix: provider.apiBaseUrl,
  })
  return { session, api, [Symbol.asyncDispose]: () => session.dispose() }
}
