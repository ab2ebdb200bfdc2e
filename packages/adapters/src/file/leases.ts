import { invalidOptions, type Clock, type Lease, type LeaseOptions } from '@evergrant/core'
import { leaseLost } from '../store/refusals.ts'
import { pause } from '../time/pause.ts'
import { holdLease } from './held-lease.ts'
import { isOver, markOf } from './lease-end.ts'
import { readLeases, writeLeases, type LeaseEntry } from './lease-table.ts'
import type { Mutex } from './mutex.ts'
import { thisProcess } from './owner.ts'
import { locate, type Place } from './place.ts'
import { createVigil } from './vigil.ts'

export interface Leases {
  readonly acquire: (key: string, options: LeaseOptions) => Promise<Lease>
  /** Throws `lease-lost` unless the lease is held. For use under the lock: then it stays held until the lock goes. */
  readonly confirm: (place: Place, lease: Lease) => void
}

export interface LeasesOptions {
  readonly location: string
  readonly clock: Clock
  readonly mutex: Mutex
}

const FIRST_STEP = 25
const LONGEST_STEP = 100
/** Equal to no nonce: what is released is refused at once, also if it could not be given back. */
const RELEASED = ''

/** What a lease is known by in the file; for all stores, since several may be open on one place. */
const nonces = new WeakMap<Lease, string>()

/** Leases in a file beside the store, changed only under its lock. */
export function createLeases({ location, clock, mutex }: LeasesOptions): Leases {
  /** Takes the lease, unless somebody else has been quicker to take it over from `previous`. */
  function take(place: Place, key: string, ttl: number, previous: LeaseEntry | undefined, signal: AbortSignal) {
    return mutex.run(
      place,
      (lock) => {
        const table = readLeases(place)
        const present = table.get(key)
        if (present !== undefined && (previous === undefined || markOf(present) !== markOf(previous))) return null
        const owner = { ...thisProcess(), nonce: lock.nonce }
        const entry = { owner, renewals: 0, ttl, expiresAt: clock.now() + ttl }
        writeLeases(place, new Map(table).set(key, entry), lock)
        return lock.nonce
      },
      signal,
    )
  }

  function renew(key: string, nonce: string): Promise<boolean> {
    const place = locate(location)
    return mutex.run(place, (lock) => {
      const table = readLeases(place)
      const entry = table.get(key)
      if (entry?.owner.nonce !== nonce) return false
      const renewed = {
        ...entry,
        renewals: entry.renewals + 1,
        expiresAt: clock.now() + entry.ttl,
      }
      writeLeases(place, new Map(table).set(key, renewed), lock)
      return true
    })
  }

  function giveBack(key: string, nonce: string): Promise<void> {
    const place = locate(location)
    return mutex.run(place, (lock) => {
      const table = new Map(readLeases(place))
      if (table.get(key)?.owner.nonce !== nonce) return
      table.delete(key)
      writeLeases(place, table, lock)
    })
  }

  function hold(key: string, ttl: number, nonce: string): Lease {
    const lease = holdLease({
      key,
      ttl,
      clock,
      renew: async () => renew(key, nonce),
      async giveBack() {
        nonces.set(lease, RELEASED)
        await giveBack(key, nonce)
      },
    })
    nonces.set(lease, nonce)
    return lease
  }

  return {
    async acquire(key, { ttl, signal }) {
      if (!(ttl > 0 && ttl < Infinity)) throw invalidOptions('ttl', `${ttl} is no duration`, 'Pass milliseconds.')
      const vigil = createVigil(clock)
      for (let step = FIRST_STEP; ; step = Math.min(2 * step, LONGEST_STEP)) {
        signal.throwIfAborted()
        const place = locate(location)
        // Looked at without the lock, so that waiting disturbs nobody.
        const present = readLeases(place).get(key)
        if (present === undefined || isOver(present, vigil, clock)) {
          const nonce = await take(place, key, ttl, present, signal)
          if (nonce !== null) return hold(key, ttl, nonce)
        }
        await pause(clock, step, signal)
      }
    },

    confirm(place, lease) {
      const nonce = nonces.get(lease)
      const held = nonce !== undefined && readLeases(place).get(lease.key)?.owner.nonce === nonce
      if (!held) throw leaseLost(lease.key)
    },
  }
}
