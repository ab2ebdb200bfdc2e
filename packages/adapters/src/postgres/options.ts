import { invalidOptions, systemClock, type Clock } from '@evergrant/core'
import { checkKnownOptions } from '../options/known-options.ts'
import type { PostgresPool } from './pool.ts'

export interface PostgresStoreOptions {
  /**
   * Where the server is: `postgres://user:password@host:5432/database?sslmode=verify-full`. The store then has a pool
   * of its own of up to 4 connections. Tokens travel over it: use TLS unless the server is on this machine.
   */
  readonly url?: string
  /** In place of `url`: a `Pool` of pg, which stays the caller's to end. */
  readonly pool?: PostgresPool
  /**
   * Where to LISTEN, if not there. The address of the server itself where `url` or `pool` leads through PgBouncer in
   * transaction mode, which loses all news; or `false`: the store then has no `watch`, and whoever waits for a lease
   * looks twice a second.
   */
  readonly listen?: string | false
  /** Schema of the tables; made if it is missing. Default `public`. */
  readonly schema?: string
  /** The tables are called `<prefix>entries` and `<prefix>leases`. Default `evergrant_`. */
  readonly tablePrefix?: string
  /** Ms for one statement, with connecting and whatever else comes before it. Default 5000. */
  readonly timeout?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

export interface CheckedOptions {
  readonly place: { readonly url: string } | { readonly pool: PostgresPool }
  readonly listen: string | false | undefined
  readonly schema: string
  readonly tablePrefix: string
  readonly timeout: number
  readonly clock: Clock
}

const KNOWN = ['url', 'pool', 'listen', 'schema', 'tablePrefix', 'timeout', 'clock']
const DEFAULT_TIMEOUT = 5_000
/** PostgreSQL cuts longer names without a word. */
const LONGEST_NAME = 63

/** Throws `invalid-options`. No value of `url` or `listen` is repeated: a password may be in it. */
export function checkOptions(options: PostgresStoreOptions): CheckedOptions {
  checkKnownOptions(options, KNOWN)
  const { listen, schema = 'public', tablePrefix = 'evergrant_' } = options
  const { timeout = DEFAULT_TIMEOUT, clock = systemClock } = options
  checkName('schema', schema, schema)
  checkName('tablePrefix', tablePrefix, `${tablePrefix}entries`)
  if (!(timeout > 0 && timeout < Infinity)) {
    throw invalidOptions('timeout', `${timeout} is no duration`, 'Pass milliseconds.')
  }
  if (listen === '') throw invalidOptions('listen', 'is empty', 'Pass a URL, or false.')
  return { place: placeOf(options), listen, schema, tablePrefix, timeout, clock }
}

function placeOf({ url, pool }: PostgresStoreOptions): CheckedOptions['place'] {
  const help = 'Pass one of url, e.g. process.env.DATABASE_URL, and pool, a Pool of pg.'
  if (url !== undefined && pool !== undefined) throw invalidOptions('pool', 'cannot go with url', help)
  if (pool !== undefined) return { pool }
  if (typeof url !== 'string' || url === '') throw invalidOptions('url', 'is missing', help)
  return { url }
}

function checkName(option: string, value: string, name: string): void {
  if (name === '' || name.includes('\0') || /\p{Surrogate}/u.test(name)) {
    throw invalidOptions(option, 'is no name', 'Pass a name such as PostgreSQL allows.')
  }
  if (new TextEncoder().encode(name).length > LONGEST_NAME) {
    const help = `With what is added to it, it may have ${LONGEST_NAME} bytes.`
    throw invalidOptions(option, `${value} is too long`, help)
  }
}
