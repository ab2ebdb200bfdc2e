import { Client, Pool, type ClientConfig } from 'pg'

/** What this store uses of a `Pool` of pg. */
export interface PostgresPool {
  /** What its connections are made with; the one that listens is made with it too. */
  readonly options: object
  connect(): Promise<PostgresConnection>
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** What this store uses of a `PoolClient` of pg. */
export interface PostgresConnection {
  query(query: PostgresQuery): Promise<{ readonly rows: readonly PostgresRow[] }>
  /** Gives it back to the pool; with `true` it is closed instead. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

export interface PostgresQuery {
  readonly text: string
  readonly values?: PostgresValue[]
  readonly types: { getTypeParser(): (value: string) => string }
}

export type PostgresValue = string | number | null | string[]

/** By column. Every column of ours is a text. */
export type PostgresRow = Readonly<Record<string, string | null>>

/** Whatever parsers a program has set for all its queries: here a text stays one. */
export const AS_TEXT: PostgresQuery['types'] = { getTypeParser: () => String }

/** Statements take milliseconds, so a few connections serve many sessions. */
const MOST_CONNECTIONS = 4
/** Ms without a word after which the system asks whether the other side is still there. */
const KEEP_ALIVE_DELAY = 10_000

/** A pool of the store's own. `timeout` in ms, for connecting. Throws if the URL cannot be read. */
export function createPool(url: string, timeout: number): Pool {
  const config = { ...configFor(timeout), connectionString: url, max: MOST_CONNECTIONS, allowExitOnIdle: true }
  // Connects to nothing yet; reads the URL, and the files that it names.
  void new Client(config)
  return new Pool(config)
}

/** A connection of its own beside a pool, to the same server, or to the one that `url` names. */
export function createClient(pool: PostgresPool, url: string | undefined, timeout: number): Client {
  if (url !== undefined) return new Client({ ...configFor(timeout), connectionString: url })
  const options = pool.options as ClientConfig
  // The pool hides the password, so that no spread copies it.
  const password = options.password === undefined ? {} : { password: options.password }
  return new Client({ ...options, ...password, ...configFor(timeout) })
}

function configFor(timeout: number) {
  return {
    fallback_application_name: 'evergrant',
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY,
  }
}
