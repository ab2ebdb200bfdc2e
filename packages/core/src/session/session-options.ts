import type { Clock } from '../clock.ts'
import { EvergrantError, invalidOptions } from '../errors.ts'
import { memoryStore } from '../memory-store.ts'
import { createPolicy, type Policy } from '../policy.ts'
import type { Provider } from '../provider.ts'
import type { Sharing, TokenStore } from '../store.ts'
import { systemClock } from '../time/system-clock.ts'
import type { PoolPort } from './pool-port.ts'
import { combineSources, type CredentialsOption, type Sources } from './sources.ts'

/** What {@link createSession} takes; only `provider` is required. */
export interface SessionOptions<P extends Provider = Provider> {
  readonly provider: P
  /**
   * A literal, a source, or a list of them, of which the first that answers counts. Default: those of the provider, or what
   * the store holds.
   */
  readonly credentials?: CredentialsOption | undefined
  /** Default: `memoryStore()`, which ends with the process. */
  readonly store?: TokenStore | undefined
  /** Name of this account in the store. Default `default`. */
  readonly account?: string | undefined
  /** True fetches at once; by default nothing is fetched before somebody asks. */
  readonly eager?: boolean | undefined
  /** Times, bounds and the login budget; what is left out is as in `defaultPolicy`. */
  readonly policy?: Partial<Policy> | undefined
  /** Where time comes from. Default `systemClock`; a virtual one lets a test make hours pass at once. */
  readonly clock?: Clock | undefined
  /** For jitter; a seeded one makes a run repeatable (P16). Default `Math.random`. */
  readonly random?: (() => number) | undefined
  /** How far the store must reach; one that reaches less is refused with `store-sharing`. Default `process`. */
  readonly sharing?: Sharing | undefined
  /** True keeps the process alive until the session is disposed. Default false: an idle session lets it exit. */
  readonly keepAlive?: boolean | undefined
  /** Told what a subscriber threw. Default: `console.error`. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

/** The options, checked, with their defaults. */
export interface SessionSettings<P extends Provider> {
  readonly provider: P
  readonly sources: Sources
  readonly store: TokenStore
  readonly account: string
  readonly eager: boolean
  readonly policy: Policy
  readonly clock: Clock
  readonly random: () => number
  readonly keepAlive: boolean
  readonly onListenerError: (error: unknown) => void
  /** The pool that it belongs to, if any. */
  readonly pool?: PoolPort
}

const KNOWN: ReadonlySet<string> = new Set([
  'provider',
  'credentials',
  'store',
  'account',
  'eager',
  'policy',
  'clock',
  'random',
  'sharing',
  'keepAlive',
  'onListenerError',
])
const REACH: Readonly<Record<Sharing, number>> = { process: 0, host: 1, network: 2 }

/** Rejects what cannot work with `invalid-options` or `store-sharing`, before anything is sent or stored. */
export function checkOptions<P extends Provider>(options: SessionOptions<P>): SessionSettings<P> {
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', 'Call createSession({ provider, … }).')
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) {
      throw invalidOptions(name, 'no such option', `Known options: ${[...KNOWN].join(', ')}.`)
    }
  }
  const { provider, store = memoryStore(), account = 'default', sharing = 'process' } = options
  checkProvider(provider)
  checkStore(store, sharing)
  if (typeof account !== 'string' || account === '') {
    throw invalidOptions('account', 'not a text', 'Name the account, e.g. "main".')
  }
  return {
    provider,
    sources: combineSources(options.credentials ?? provider.credentials, provider.issuer),
    store,
    account,
    eager: options.eager ?? false,
    policy: createPolicy(options.policy),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    keepAlive: options.keepAlive ?? false,
    onListenerError: unfailing(options.onListenerError ?? printListenerError),
  }
}

const printListenerError = (error: unknown) => console.error('evergrant: a subscriber threw', error)

/** A reporter that fails has nobody to report to; the other subscribers go on (P12). */
function unfailing(report: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      report(error)
    } catch {
      // Nothing is left to do.
    }
  }
}

function checkProvider(provider: Provider): void {
  if (typeof provider?.requestToken !== 'function') {
    throw invalidOptions('provider', 'missing, or without requestToken()', 'Pass a provider, e.g. tastytrade().')
  }
  if (typeof provider.issuer !== 'string' || provider.issuer === '') {
    throw invalidOptions('provider.issuer', 'not a text', 'Name the server, e.g. by its URL.')
  }
}

function checkStore(store: TokenStore, asked: Sharing): void {
  if (typeof store?.read !== 'function' || typeof store.write !== 'function' || typeof store.lease !== 'function') {
    throw invalidOptions('store', 'not a token store', 'Pass a store, e.g. fileStore(path) or memoryStore().')
  }
  const reach = REACH[store.sharing]
  if (reach === undefined) {
    throw invalidOptions('store.sharing', 'not process, host or network', 'A store says how far it reaches.')
  }
  if (reach >= REACH[asked]) return
  throw new EvergrantError('store-sharing', {
    message: `The store reaches as far as one ${store.sharing}, but ${asked} was asked for`,
    help: 'Several processes need a store with compare-and-set and leases between them, e.g. fileStore(path).',
    details: { sharing: store.sharing, asked },
  })
}
