import type { TokenStore } from '@evergrant/core'
import type { VirtualClock } from '@evergrant/testing'
import type { PostgresConnection, PostgresPool, PostgresStore } from '../../src/postgres.ts'

/** A store for a session on a virtual clock, whose time the server does not know. */
export function timeless(store: PostgresStore): TokenStore {
  const copy: TokenStore = { ...store }
  delete copy.time
  return copy
}

/**
 * A pool for a store on a virtual clock: time stands still while the real server is at work, as if it took none. Else
 * the clock would run on to the time-outs of whoever waits for it.
 */
export function inNoTime(pool: PostgresPool, clock: VirtualClock): PostgresPool {
  return {
    options: pool.options,
    async connect(): Promise<PostgresConnection> {
      const connection = await clock.during(pool.connect())
      return {
        query: (query) => clock.during(connection.query(query)),
        release: (destroy) => connection.release(destroy),
        on: (event, listener) => connection.on(event, listener),
        off: (event, listener) => connection.off(event, listener),
      }
    },
    // The pool has a listener of its own.
    on: () => undefined,
    off: () => undefined,
  }
}
