import { invalidOptions } from '@evergrant/core'
import type { FetchFunction } from '../http/fetch-function.ts'
import { secureBaseUrl } from '../http/secure-url.ts'
import { DEFAULT_USER_AGENT, validUserAgent } from '../http/user-agent.ts'
import { checkKnownOptions } from '../options/known-options.ts'
import { PRESETS, type TastytradeEnvironment } from './environment.ts'

export interface TastytradeOptions {
  /** Default `production`. */
  readonly environment?: TastytradeEnvironment | undefined
  /**
   * Another server in place of the environment's own: a fake one, a proxy. https, or http on loopback. The
   * environment still names the kind of credentials in messages.
   */
  readonly baseUrl?: string | undefined
  /** Where the API lives, if not at the base URL. */
  readonly apiBaseUrl?: string | undefined
  /** Encoding of the token request; the server takes both. Default `json`. */
  readonly body?: 'json' | 'form' | undefined
  /** `name/version` of the application; the server answers others with 401. Default `evergrant/<version>`. */
  readonly userAgent?: string | undefined
  /** Scopes to ask for: `read`, `trade`, `openid`. Left out, the token has those of the grant. */
  readonly scopes?: readonly string[] | undefined
  /** Default: the global `fetch`, looked up at each request. */
  readonly fetch?: FetchFunction | undefined
  /** Bytes of a token answer to read at most. Default 65,536. */
  readonly maxResponseBytes?: number | undefined
}

/** {@link TastytradeOptions}, checked and complete. */
export interface TastytradeSettings {
  readonly environment: TastytradeEnvironment
  readonly baseUrl: string
  readonly apiBaseUrl: string
  readonly body: 'json' | 'form'
  readonly userAgent: string
  readonly scope: string | undefined
  readonly fetch: FetchFunction | undefined
  readonly maxResponseBytes: number
}

export const TASTYTRADE_OPTIONS = [
  'environment',
  'baseUrl',
  'apiBaseUrl',
  'body',
  'userAgent',
  'scopes',
  'fetch',
  'maxResponseBytes',
] as const satisfies readonly (keyof TastytradeOptions)[]
// A token answer has a few hundred bytes; an error page of a proxy a few thousand.
const MAX_RESPONSE_BYTES = 65_536
// RFC 6749 section 3.3.
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Throws `invalid-options` for what cannot be used. */
export function resolveSettings(options: TastytradeOptions): TastytradeSettings {
  checkKnownOptions(options, TASTYTRADE_OPTIONS)
  const { environment = 'production', body = 'json', userAgent, maxResponseBytes = MAX_RESPONSE_BYTES } = options
  if (!Object.hasOwn(PRESETS, environment)) {
    throw invalidOptions('environment', 'is not known', 'Use production or sandbox.')
  }
  if (body !== 'json' && body !== 'form') throw invalidOptions('body', 'is not known', 'Use json or form.')
  if (!Number.isSafeInteger(maxResponseBytes) || maxResponseBytes < 1) {
    throw invalidOptions('maxResponseBytes', 'is not a whole number above 0', `The default is ${MAX_RESPONSE_BYTES}.`)
  }
  const baseUrl = secureBaseUrl('baseUrl', options.baseUrl ?? PRESETS[environment].baseUrl)
  return {
    environment,
    baseUrl,
    apiBaseUrl: options.apiBaseUrl === undefined ? baseUrl : secureBaseUrl('apiBaseUrl', options.apiBaseUrl),
    body,
    userAgent: userAgent === undefined ? DEFAULT_USER_AGENT : validUserAgent('userAgent', userAgent),
    scope: joinScopes(options.scopes),
    fetch: options.fetch,
    maxResponseBytes,
  }
}

/** Space-separated (RFC 6749 section 3.3); `undefined` if there are none. */
export function joinScopes(scopes: readonly string[] | undefined): string | undefined {
  if (scopes === undefined || scopes.length === 0) return undefined
  if (scopes.every((scope) => SCOPE_TOKEN.test(scope))) return scopes.join(' ')
  throw invalidOptions('scopes', 'has one that no server can read', 'Write one scope per entry, without spaces.')
}
