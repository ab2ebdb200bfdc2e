import { invalidOptions } from '../errors.ts'
import type { Policy } from '../policy.ts'
import type { Provider } from '../provider.ts'
import { checkOptions, type SessionOptions, type SessionSettings } from '../session/session-options.ts'
import { combineSources, type CredentialsOption, type Sources } from '../session/sources.ts'

/** What {@link createSessionPool} takes; only `provider` is required. What is not said here is as for a session. */
export interface SessionPoolOptions<P extends Provider = Provider> extends Omit<
  SessionOptions<P>,
  'account' | 'credentials' | 'eager' | 'policy'
> {
  /** The credentials of an account, asked for each time that it wakes. Default: what the store holds. */
  readonly credentials?: ((account: string) => CredentialsOption | undefined) | undefined
  /**
   * As for a session. Without a `leadJitter` of its own, renewals are spread over the first half of the lead, so that
   * tokens which were issued together do not come due together.
   */
  readonly policy?: Partial<Policy> | undefined
  /** Ms without use after which an account is put to sleep. Default 30 minutes; `Infinity` for never. */
  readonly idleAfter?: number | undefined
  /**
   * Token requests at once, over all accounts. Default: the policy's `loginBudget` (3), since the issuer's ledger admits
   * no more, each of which might fail (P3).
   */
  readonly concurrency?: number | undefined
}

/** The options, checked, with their defaults. */
export interface PoolSettings<P extends Provider> {
  readonly session: Omit<SessionSettings<P>, 'account' | 'sources'>
  readonly keepAlive: boolean
  readonly idleAfter: number
  readonly concurrency: number
  readonly sourcesOf: (account: string) => Sources
}

const KNOWN: ReadonlySet<string> = new Set([
  'provider',
  'credentials',
  'store',
  'policy',
  'clock',
  'random',
  'sharing',
  'keepAlive',
  'onListenerError',
  'idleAfter',
  'concurrency',
])

const IDLE_AFTER = 30 * 60_000

/** Rejects what cannot work with `invalid-options` or `store-sharing`, before anything is sent or stored. */
export function checkPoolOptions<P extends Provider>(options: SessionPoolOptions<P>): PoolSettings<P> {
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', 'Call createSessionPool({ provider, … }).')
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) {
      throw invalidOptions(name, 'no such option', `Known options: ${[...KNOWN].join(', ')}.`)
    }
  }
  const { credentials, idleAfter = IDLE_AFTER, concurrency, keepAlive = false, ...rest } = options
  if (credentials !== undefined && typeof credentials !== 'function') {
    const help = 'Give a function of the account, e.g. (account) => ({ refreshToken: tokens[account] }).'
    throw invalidOptions('credentials', 'not a function', help)
  }
  if (typeof idleAfter !== 'number' || !(idleAfter > 0)) {
    throw invalidOptions('idleAfter', 'not a number above 0', 'It is a time in milliseconds; Infinity for never.')
  }
  const session = checkOptions(rest)
  const { provider } = session
  const atOnce = concurrency ?? session.policy.loginBudget
  if (!Number.isInteger(atOnce) || atOnce < 1) {
    throw invalidOptions('concurrency', 'not a whole number of at least 1', 'It counts token requests.')
  }
  const { issuer } = provider
  return {
    session: { ...session, policy: spread(session.policy, options.policy?.leadJitter) },
    keepAlive,
    idleAfter,
    concurrency: atOnce,
    sourcesOf(account) {
      const sources = () => combineSources(credentials?.(account) ?? provider.credentials, issuer)
      try {
        return sources()
      } catch {
        // Asked again with each refresh, where whoever waits for a token is told of the failure.
        return combineSources({ name: `for account ${account}`, read: async () => sources().read() }, issuer)
      }
    },
  }
}

/** Half of the lead is left for minutes of trouble, also where a refresh begins as late as may be. */
function spread(policy: Policy, ownJitter: number | undefined): Policy {
  return ownJitter === undefined ? { ...policy, leadFraction: policy.leadFraction / 2, leadJitter: 1 } : policy
}
