import { invalidOptions, type Clock } from '@evergrant/core'
import type { Client, Pool, PoolClient } from 'pg'
import type { CheckedOptions } from './options.ts'
import { createClient, createPool, type PostgresPool } from './pool.ts'

/** All ways of a store to its server. */
export interface Connections {
  readonly pool: PostgresPool
  /** Makes the connection that listens, which is not open yet; `null` if none is to. */
  readonly createListening: (() => Client) | null
  /** Lets go of the pool; ends it if it is the store's own, once nobody uses it any more. */
  end(): Promise<void>
}

// A broken connection is heard of by whoever uses it, and one that nobody uses is replaced.
const ignore = (): void => undefined

/** Stores by pool: one listener does for all of them. */
const users = new WeakMap<PostgresPool, number>()

function enter(pool: PostgresPool): void {
  const present = users.get(pool) ?? 0
  users.set(pool, present + 1)
  if (present === 0) pool.on('error', ignore)
}

function leave(pool: PostgresPool): void {
  const rest = (users.get(pool) ?? 0) - 1
  users.set(pool, rest)
  if (rest === 0) pool.off('error', ignore)
}

/** Opens nothing yet. Throws `invalid-options`, without a cause: a parser quotes what it could not read. */
export function openConnections({ place, listen, timeout, clock }: CheckedOptions): Connections {
  const own = 'url' in place ? checked('url', () => createPool(place.url, timeout)) : null
  const pool: PostgresPool = 'pool' in place ? place.pool : (own as PostgresPool)
  const createListening = () => createClient(pool, listen === false ? undefined : listen, timeout)
  if (listen !== false) checked(listen === undefined ? 'pool' : 'listen', createListening)
  enter(pool)
  const endOwn = own && endingOf(own, clock, timeout)
  return {
    pool,
    createListening: listen === false ? null : createListening,
    async end() {
      await endOwn?.()
      leave(pool)
    },
  }
}

/** A pool calls itself ended before its connections are. */
function endingOf(pool: Pool, clock: Clock, timeout: number): () => Promise<void> {
  const open = new Set<PoolClient>()
  let allClosed = (): void => undefined
  pool.on('connect', (client) => open.add(client))
  pool.on('remove', (client) => {
    open.delete(client)
    if (open.size === 0) allClosed()
  })
  return async () => {
    await pool.end()
    if (open.size === 0) return
    const closed = new Promise<void>((resolve) => (allClosed = resolve))
    const giveUp = (): void => {
      for (const { connection } of open) connection.stream.destroy()
    }
    // Keeps the process alive, which idle connections do not: somebody awaits it.
    const patience = clock.alarm(clock.monotonic() + timeout, giveUp, { hold: true })
    await closed
    patience[Symbol.dispose]()
  }
}

function checked<T>(option: string, open: () => T): T {
  try {
    return open()
  } catch {
    const help =
      'Pass postgres://user:password@host:5432/database, with special characters of the password as %40 and so on.'
    throw invalidOptions(option, 'cannot be used to connect', help)
  }
}
