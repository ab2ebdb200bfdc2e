import { invalidOptions, secret, systemClock, type Clock, type Secret } from '@evergrant/core'
import type { FetchFunction } from '../http/fetch-function.ts'
import { secureBaseUrl } from '../http/secure-url.ts'
import { DEFAULT_USER_AGENT, validUserAgent } from '../http/user-agent.ts'
import { checkKnownOptions } from '../options/known-options.ts'

/** What `keeperProvider` takes; `url` or `urls` is required. */
export interface KeeperClientOptions {
  /** Where the keeper is; https, or http on loopback. It may lie below a path. */
  readonly url?: string | undefined
  /**
   * The replicas of one keeper, in place of `url`: the next is asked when one does not answer. The first names the keeper
   * in records, so leave it the first.
   */
  readonly urls?: readonly string[] | undefined
  /** Left out, it is the `clientSecret` of the session's credentials. */
  readonly apiKey?: string | Secret | undefined
  /** Name of the account at the keeper. A key for a single account needs none. */
  readonly account?: string | undefined
  /** Where the API lives that the tokens are for. Default: what the keeper says with each token. */
  readonly apiBaseUrl?: string | undefined
  /** Ms that a replica has to answer before the next one is asked. The last has as long as the session allows. Default 4,000. */
  readonly replicaTimeout?: number | undefined
  /** `name/version` of the application. Default `evergrant/<version>`. */
  readonly userAgent?: string | undefined
  /** Default: the global `fetch`, looked up at each request. */
  readonly fetch?: FetchFunction | undefined
  /** Default: the clock of this process. */
  readonly clock?: Clock | undefined
}

/** {@link KeeperClientOptions}, checked and complete. */
export interface KeeperSettings {
  /** At least one, without slashes at their ends. */
  readonly urls: readonly [string, ...string[]]
  readonly apiKey: Secret | undefined
  readonly account: string | undefined
  readonly apiBaseUrl: string | undefined
  readonly replicaTimeout: number
  readonly userAgent: string
  readonly fetch: FetchFunction
  readonly clock: Clock
}

/** By name, so that the compiler sees when one is missing. */
const KNOWN: Readonly<Record<keyof KeeperClientOptions, true>> = {
  url: true,
  urls: true,
  apiKey: true,
  account: true,
  apiBaseUrl: true,
  replicaTimeout: true,
  userAgent: true,
  fetch: true,
  clock: true,
}
const ACCOUNT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/
// What a header may carry, without spaces. The form of keys is the keeper's own business.
const KEY = /^[\x21-\x7e]{1,1024}$/
/** A healthy replica that has to fetch a token first answers within a second or two. */
const REPLICA_TIMEOUT = 4_000

/** Throws `invalid-options` for what cannot be used; the key is in no message. */
export function resolveSettings(options: KeeperClientOptions): KeeperSettings {
  checkKnownOptions(options, Object.keys(KNOWN))
  const { apiKey, apiBaseUrl, userAgent, replicaTimeout = REPLICA_TIMEOUT } = options
  if (!Number.isSafeInteger(replicaTimeout) || replicaTimeout < 1) {
    throw invalidOptions('replicaTimeout', 'is not a whole number above 0', 'Give milliseconds.')
  }
  return {
    urls: urlsOf(options),
    apiKey: apiKey === undefined ? undefined : checkedKey(secret(apiKey)),
    account: options.account === undefined ? undefined : checkedAccount(options.account),
    apiBaseUrl: apiBaseUrl === undefined ? undefined : secureBaseUrl('apiBaseUrl', apiBaseUrl),
    replicaTimeout,
    userAgent: userAgent === undefined ? DEFAULT_USER_AGENT : validUserAgent('userAgent', userAgent),
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: options.clock ?? systemClock,
  }
}

/** True for a text that can be an API key. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

export function isAccountName(text: string): boolean {
  return ACCOUNT_NAME.test(text)
}

function urlsOf({ url, urls }: KeeperClientOptions): readonly [string, ...string[]] {
  if (url !== undefined && urls !== undefined) {
    throw invalidOptions('urls', 'is given beside url', 'Name one address with url, or several with urls.')
  }
  const [first, ...others] = urls ?? (url === undefined ? [] : [url])
  if (first === undefined) throw invalidOptions('url', 'is missing', 'Say where the keeper is.')
  const option = urls === undefined ? 'url' : 'urls'
  return [secureBaseUrl(option, first), ...others.map((one) => secureBaseUrl(option, one))]
}

function checkedKey(key: Secret): Secret {
  if (isKey(key.reveal())) return key
  throw invalidOptions('apiKey', 'is no API key', 'Copy it whole, without spaces; it looks like egk_….')
}

function checkedAccount(account: string): string {
  if (isAccountName(account)) return account
  throw invalidOptions('account', 'is no name of an account', 'Letters, digits and . _ @ - make a name.')
}
