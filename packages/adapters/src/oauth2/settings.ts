import {
  invalidOptions,
  secret,
  systemClock,
  type Clock,
  type ErrorCode,
  type Secret,
  type TokenRequestFailure,
  type Verdict,
} from '@evergrant/core'
import type { FetchFunction } from '../http/fetch-function.ts'
import { secureBaseUrl, secureEndpoint } from '../http/secure-url.ts'
import { DEFAULT_USER_AGENT, validUserAgent } from '../http/user-agent.ts'
import { redirectUriOf } from '../login/redirect-uri.ts'
import { checkKnownOptions } from '../options/known-options.ts'
import type { TimeOfDay } from '../time/next-time-of-day.ts'
import { additionalParameters, dpopKeyPair, scopeOf, signingKey, textOf, timeOfDay } from './checks.ts'
import type { Dialect } from './dialect.ts'
import type { ClientAuthentication, OAuth2Endpoints, OAuth2Grant, OAuth2Options, SigningKey } from './options.ts'

/** {@link OAuth2Options}, checked and complete. */
export interface OAuth2Settings {
  /** As written: metadata must repeat it (RFC 8414 section 3.3). `undefined` where the server was given by endpoints alone. */
  readonly issuer: string | undefined
  /** Names the server in records and messages. */
  readonly serverName: string
  readonly endpoints: OAuth2Endpoints | undefined
  readonly grant: OAuth2Grant
  /** As written: it must be what it was in the login, letter for letter. */
  readonly redirectUri: string | undefined
  readonly clientId: string | undefined
  readonly clientSecret: Secret | undefined
  readonly clientAuthentication: ClientAuthentication | undefined
  readonly privateKey: SigningKey | undefined
  readonly assertionAudience: string | undefined
  readonly dpop: CryptoKeyPair | undefined
  readonly scope: string | undefined
  readonly additionalParameters: Readonly<Record<string, string>>
  readonly tokenType: string | undefined
  readonly dailyExpiry: TimeOfDay | undefined
  readonly loginLifetime: number | undefined
  readonly dialect: Dialect | undefined
  readonly apiBaseUrl: string | undefined
  readonly environment: string | undefined
  readonly help: Readonly<Partial<Record<ErrorCode, string>>> | undefined
  readonly judge: ((failure: TokenRequestFailure) => Verdict | undefined) | undefined
  readonly userAgent: string
  readonly fetch: FetchFunction
  readonly maxResponseBytes: number
  readonly requestTimeout: number
  readonly clock: Clock
}

/** By name, so that the compiler sees when one is missing. */
const KNOWN: Readonly<Record<keyof OAuth2Options, true>> = {
  issuer: true,
  endpoints: true,
  grant: true,
  redirectUri: true,
  clientId: true,
  clientSecret: true,
  clientAuthentication: true,
  privateKey: true,
  assertionAudience: true,
  dpop: true,
  scope: true,
  additionalParameters: true,
  tokenType: true,
  dailyExpiry: true,
  loginLifetime: true,
  dialect: true,
  apiBaseUrl: true,
  environment: true,
  help: true,
  judge: true,
  userAgent: true,
  fetch: true,
  maxResponseBytes: true,
  requestTimeout: true,
  clock: true,
}
const GRANTS: readonly OAuth2Grant[] = ['refresh_token', 'client_credentials', 'authorization_code']
const DIALECT = ['tokenForm', 'readGrant', 'readRefusal'] as const satisfies readonly (keyof Dialect)[]
const AUTHENTICATIONS: readonly ClientAuthentication[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
]
const ENDPOINTS = ['token', 'authorization', 'deviceAuthorization', 'revocation', 'introspection'] as const
// The metadata of a large server have some ten thousand bytes.
const MAX_RESPONSE_BYTES = 262_144
// Below core's own limit for a token request, so that a silent discovery is told as such.
const REQUEST_TIMEOUT = 10_000

/** Throws `invalid-options` for what cannot be used. */
export function resolveSettings(options: OAuth2Options): OAuth2Settings {
  checkKnownOptions(options, Object.keys(KNOWN))
  const { grant = 'refresh_token', clientAuthentication, clientSecret, tokenType } = options
  if (!GRANTS.includes(grant)) throw invalidOptions('grant', 'is not known', `Use ${GRANTS.join(', ')}.`)
  if (clientAuthentication !== undefined && !AUTHENTICATIONS.includes(clientAuthentication)) {
    throw invalidOptions('clientAuthentication', 'is not known', `Use ${AUTHENTICATIONS.join(', ')}.`)
  }
  const privateKey = signingKey(options.privateKey)
  if (clientAuthentication === 'private_key_jwt' && privateKey === undefined) {
    throw invalidOptions('privateKey', 'is missing', 'private_key_jwt signs with it: give a private CryptoKey.')
  }
  return {
    ...serverOf(options),
    grant,
    redirectUri: redirectUriFor(grant, options),
    clientId: textOf('clientId', options.clientId),
    clientSecret: clientSecret === undefined || clientSecret === '' ? undefined : secret(clientSecret),
    clientAuthentication,
    privateKey,
    assertionAudience: textOf('assertionAudience', options.assertionAudience),
    dpop: dpopKeyPair(options.dpop),
    scope: scopeOf('scope', options.scope),
    additionalParameters: additionalParameters('additionalParameters', options.additionalParameters),
    tokenType,
    dailyExpiry: timeOfDay('dailyExpiry', options.dailyExpiry),
    loginLifetime:
      options.loginLifetime === undefined ? undefined : wholeNumber('loginLifetime', options.loginLifetime),
    dialect: dialectOf(options),
    apiBaseUrl: options.apiBaseUrl === undefined ? undefined : secureBaseUrl('apiBaseUrl', options.apiBaseUrl),
    environment: options.environment,
    help: options.help,
    judge: options.judge,
    userAgent: options.userAgent === undefined ? DEFAULT_USER_AGENT : validUserAgent('userAgent', options.userAgent),
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    maxResponseBytes: wholeNumber('maxResponseBytes', options.maxResponseBytes, MAX_RESPONSE_BYTES),
    requestTimeout: wholeNumber('requestTimeout', options.requestTimeout, REQUEST_TIMEOUT),
    clock: options.clock ?? systemClock,
  }
}

function serverOf({ issuer, endpoints }: OAuth2Options): Pick<OAuth2Settings, 'issuer' | 'serverName' | 'endpoints'> {
  const name = issuer === undefined ? undefined : secureBaseUrl('issuer', issuer)
  if (endpoints === undefined) {
    if (name !== undefined) return { issuer, serverName: name, endpoints }
    throw invalidOptions('issuer', 'is missing', 'Name the issuer, for discovery, or the endpoints of the server.')
  }
  checkKnownOptions(endpoints, ENDPOINTS)
  for (const endpoint of ENDPOINTS) {
    const address = endpoints[endpoint]
    if (address !== undefined) secureEndpoint(`endpoints.${endpoint}`, address)
  }
  const token = secureEndpoint('endpoints.token', endpoints.token ?? '')
  return { issuer, serverName: name ?? token.origin, endpoints }
}

function redirectUriFor(grant: OAuth2Grant, { redirectUri, dialect }: OAuth2Options): string | undefined {
  if (redirectUri !== undefined) redirectUriOf(redirectUri)
  else if (grant === 'authorization_code' && dialect?.tokenForm === undefined) {
    throw invalidOptions('redirectUri', 'is missing', 'Give it as in the login that the codes come from.')
  }
  return redirectUri
}

function dialectOf({ dialect }: OAuth2Options): Dialect | undefined {
  if (dialect === undefined) return undefined
  checkKnownOptions(dialect, DIALECT)
  for (const name of DIALECT) {
    const own = dialect[name]
    if (own === undefined || typeof own === 'function') continue
    throw invalidOptions(`dialect.${name}`, 'is not a function', 'Look at Dialect for what it takes and gives.')
  }
  return dialect
}

function wholeNumber(option: string, value: number | undefined, usual?: number): number {
  if (value === undefined && usual !== undefined) return usual
  if (value !== undefined && Number.isSafeInteger(value) && value >= 1) return value
  const help = usual === undefined ? 'Give milliseconds.' : `The default is ${usual}.`
  throw invalidOptions(option, 'is not a whole number above 0', help)
}
