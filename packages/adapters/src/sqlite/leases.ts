import { randomUUID } from 'node:crypto'
import { invalidOptions, type Clock, type Lease, type LeaseOptions } from '@evergrant/core'
import { isOver, markOf } from '../file/lease-end.ts'
import type { LeaseEntry } from '../file/lease-table.ts'
import { thisProcess } from '../file/owner.ts'
import { createVigil } from '../file/vigil.ts'
import { createBell, type Bell } from '../store/bell.ts'
import { holdLease, type HeldLease } from '../store/held-lease.ts'
import { leaseLost } from '../store/refusals.ts'
import type { Database } from './database.ts'
import { deleteLease, putLease, readLease } from './lease-rows.ts'
import type { Transactions } from './transactions.ts'

export interface Leases {
  acquire(key: string, options: LeaseOptions): Promise<Lease>
  /** Throws `lease-lost` unless the lease is held. For use in a transaction: then it stays held until that ends. */
  confirm(database: Database, lease: Lease): void
  /** Gives all back. */
  end(): Promise<void>
}

const FIRST_STEP = 25
const LONGEST_STEP = 100
/** No lease outlives the processes of this machine. */
const NOT_DURABLE = { durable: false }

interface Hold {
  readonly lease: HeldLease
  readonly nonce: string
}

/** For all stores, since several may be open on one database. */
const holds = new WeakMap<Lease, Hold>()

export function createLeases({ read, change }: Transactions, clock: Clock): Leases {
  const held = new Set<HeldLease>()
  const bells = new Map<string, Set<Bell>>()

  /** Takes the lease, unless somebody else has been quicker to take it over from `previous`. */
  async function take(
    key: string,
    ttl: number,
    previous: LeaseEntry | null,
    signal: AbortSignal,
  ): Promise<Lease | null> {
    const askedAt = clock.monotonic()
    const owner = { ...thisProcess(), nonce: randomUUID() }
    const taken = await change(
      (database) => {
        const present = readLease(database, key)
        if (present?.owner.nonce === owner.nonce) return true
        if (present !== null && (previous === null || markOf(present) !== markOf(previous))) return false
        putLease(database, key, { owner, renewals: 0, ttl, expiresAt: clock.now() + ttl })
        return true
      },
      { ...NOT_DURABLE, signal },
    )
    return taken ? hold({ key, ttl, askedAt, nonce: owner.nonce }) : null
  }

  function hold({ nonce, ...grip }: { key: string; ttl: number; askedAt: number; nonce: string }): Lease {
    const lease = holdLease({
      ...grip,
      clock,
      renew: () => renew(grip.key, nonce),
      async giveBack() {
        held.delete(lease)
        await giveBack(grip.key, nonce)
        for (const bell of bells.get(grip.key) ?? []) bell.ring()
      },
    })
    held.add(lease)
    holds.set(lease, { lease, nonce })
    return lease
  }

  function renew(key: string, nonce: string): Promise<boolean> {
    return change((database) => {
      const present = readLease(database, key)
      if (present?.owner.nonce !== nonce) return false
      const { renewals, ttl } = present
      putLease(database, key, { ...present, renewals: renewals + 1, expiresAt: clock.now() + ttl })
      return true
    }, NOT_DURABLE)
  }

  function giveBack(key: string, nonce: string): Promise<void> {
    return change((database) => {
      if (readLease(database, key)?.owner.nonce === nonce) deleteLease(database, key)
    }, NOT_DURABLE)
  }

  async function queue(key: string, { ttl, signal }: LeaseOptions, bell: Bell): Promise<Lease> {
    const vigil = createVigil(clock)
    for (let step = FIRST_STEP; ; step = Math.min(2 * step, LONGEST_STEP)) {
      signal.throwIfAborted()
      // Looked at without a transaction, so that waiting disturbs nobody.
      const present = await read((database) => readLease(database, key))
      if (present === null || isOver(present, vigil, clock)) {
        const lease = await take(key, ttl, present, signal)
        if (lease !== null) return lease
      }
      await bell.wait(step, signal)
    }
  }

  return {
    async acquire(key, options) {
      const { ttl } = options
      if (!(ttl > 0 && ttl < Infinity)) throw invalidOptions('ttl', `${ttl} is no duration`, 'Pass milliseconds.')
      const bell = createBell(clock)
      const waiting = bells.get(key) ?? new Set()
      bells.set(key, waiting.add(bell))
      try {
        return await queue(key, options, bell)
      } finally {
        waiting.delete(bell)
        if (waiting.size === 0 && bells.get(key) === waiting) bells.delete(key)
      }
    },
    confirm(database, lease) {
      const present = holds.get(lease)
      const isHeld = present?.lease.held === true && readLease(database, lease.key)?.owner.nonce === present.nonce
      if (!isHeld) throw leaseLost(lease.key)
    },
    async end() {
      await Promise.all([...held].map((lease) => lease.revoke()))
    },
  }
}
