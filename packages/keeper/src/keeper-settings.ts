import { invalidOptions, systemClock, type Clock, type Policy, type Provider, type TokenStore } from '@evergrant/core'
import { tastytradeResources } from './http/routes/resources.ts'
import type { KeeperLimits, KeeperOptions, KeeperResources } from './keeper-options.ts'
import { keeperStore } from './keeper-store.ts'

/** The options, checked, with their defaults. */
export interface KeeperSettings<P extends Provider> {
  readonly provider: P
  readonly store: TokenStore
  readonly clock: Clock
  readonly policy: Partial<Policy>
  readonly resources: KeeperResources
  readonly limits: KeeperLimits
  readonly renew: 'used' | 'all'
}

const KIB = 1024

const defaultLimits: KeeperLimits = {
  body: 64 * KIB,
  proxyBody: KIB * KIB,
  headers: 16 * KIB,
  requestsPerMinute: 600,
  unauthenticatedPerMinute: 60,
  requestTime: 30_000,
  connections: 1_000,
  streams: 100,
}

const KNOWN: readonly string[] = [
  'provider',
  'store',
  'sealing',
  'resources',
  'clock',
  'policy',
  'random',
  'concurrency',
  'idleAfter',
  'renew',
  'audit',
  'limits',
  'openMetrics',
  'fetch',
] satisfies readonly (keyof KeeperOptions)[]

/** Throws `invalid-options` for what cannot work. What core's pool takes, it checks itself. */
export function checkKeeperOptions<P extends Provider>(options: KeeperOptions<P>): KeeperSettings<P> {
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', 'Call createKeeper({ provider, store, sealing }).')
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw invalidOptions(name, 'no such option', `Known options: ${KNOWN.join(', ')}.`)
  }
  const { provider, resources = tastytradeResources, clock = systemClock, policy = {}, renew = 'used' } = options
  if (renew !== 'used' && renew !== 'all') throw invalidOptions('renew', 'is not known', 'Use used or all.')
  for (const [name, path] of Object.entries(resources)) {
    if (/^\/[\w/{}.-]*$/.test(path)) continue
    throw invalidOptions(`resources.${name}`, 'is no path', 'Write it like /accounts/{account_id}/balances.')
  }
  return {
    provider,
    store: keeperStore(options.store, options.sealing),
    clock,
    policy,
    resources,
    renew,
    limits: checkLimits(options.limits ?? {}),
  }
}

function checkLimits(changes: Partial<KeeperLimits>): KeeperLimits {
  for (const [name, value] of Object.entries(changes)) {
    const option = `limits.${name}`
    if (!Object.hasOwn(defaultLimits, name)) {
      throw invalidOptions(option, 'no such limit', `Known limits: ${Object.keys(defaultLimits).join(', ')}.`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalidOptions(option, 'not a whole number of at least 1', 'Give a number of what the limit counts.')
    }
  }
  return { ...defaultLimits, ...changes }
}
