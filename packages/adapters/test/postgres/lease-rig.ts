import type { Lease, TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import type { PostgresPool } from '../../src/postgres.ts'
import { nameTables } from '../../src/postgres/tables.ts'
import { createMoment } from '../network-store/moment.ts'
import type { PostgresPlace } from './place.ts'

export const KEY = 'grant/default'
export const TTL = 60_000

interface LeaseRow {
  readonly fence: number
  readonly holder: string | null
  /** Ms until it runs out. */
  readonly left: string | null
}

/** Two stores on tables of their own; the clock of the first stands still unless it is moved. */
export async function setUp(place: PostgresPlace, storePool: PostgresPool = place.pool) {
  const { schema, pool } = place
  const tablePrefix = place.freshPrefix()
  const { leases } = nameTables(schema, tablePrefix)
  const clock = new VirtualClock()
  const other = place.open({ tablePrefix })
  const store = place.open({ tablePrefix, clock, pool: storePool })
  await other.read(KEY)

  async function onlyRow(): Promise<LeaseRow | undefined> {
    const left = 'extract(epoch FROM expires_at - clock_timestamp()) * 1000 AS left'
    return (await pool.query<LeaseRow>(`SELECT fence::int, holder, ${left} FROM ${leases}`)).rows[0]
  }

  return {
    clock,
    store,
    other,
    tablePrefix,
    leases,
    onlyRow: () => onlyRow(),
    expire: () => pool.query(`UPDATE ${leases} SET expires_at = clock_timestamp() - interval '1 hour'`),
  }
}

export function take(store: TokenStore, ttl = TTL, signal = new AbortController().signal): Promise<Lease> {
  return store.lease(KEY, { ttl, signal })
}

/** Whether somebody on this clock has asked for a lease, and waits to ask again. */
export function isWaiting(clock: VirtualClock): boolean {
  return clock.held === 1 && (clock.nextAt ?? Infinity) - clock.monotonic() <= 500
}

/** A way to the server that passes nothing on while it is closed, and may fail. */
export function createGate({ pool }: PostgresPlace) {
  let gate: Promise<void> = Promise.resolve()
  let failing = false
  const gated: PostgresPool = {
    options: pool.options,
    async connect() {
      await gate
      if (failing) throw Object.assign(new Error('made-up-secret'), { code: 'ECONNREFUSED' })
      return pool.connect()
    },
    on: () => undefined,
    off: () => undefined,
  }
  return {
    pool: gated,
    fail: (now: boolean) => void (failing = now),
    /** Gives the way to open it. */
    close() {
      const opened = createMoment()
      gate = opened.promise
      return opened.come
    },
  }
}
