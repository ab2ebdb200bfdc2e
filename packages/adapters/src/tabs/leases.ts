import { invalidOptions, type Lease, type LeaseOptions } from '@evergrant/core'
import { leaseLost } from '../store/refusals.ts'
import type { HeldLock, Locks } from './locks.ts'

/** What stands behind a lease. */
export interface LeaseGround {
  readonly lock: HeldLock
  /** Given by the store with `claim`. */
  readonly claim: number
}

export interface Leases {
  readonly acquire: (key: string, options: LeaseOptions) => Promise<Lease>
}

export interface LeasesOptions {
  readonly scope: string
  readonly locks: Locks
  /**
   * Called under the lock of the key, before the lease is given out: from the moment it resolves, the store refuses what
   * earlier holders still write.
   */
  readonly claim: (key: string) => Promise<number>
}

/** For all stores, since several may be open on one place. */
const grounds = new WeakMap<Lease, LeaseGround>()

/** Throws `lease-lost` for one that is known to be over, released or lost. */
export function groundOf(lease: Lease): LeaseGround {
  const ground = grounds.get(lease)
  if (ground === undefined || ground.lock.lost.aborted) throw leaseLost(lease.key)
  return ground
}

/** Leases that the browser itself passes on when a tab ends. */
export function createLeases({ scope, locks, claim }: LeasesOptions): Leases {
  /** `null` if the lock was lost before all was ready: a tab may be frozen at any step. */
  async function enter(key: string, lock: HeldLock, signal: AbortSignal): Promise<Lease | null> {
    const number = await claim(key)
    const held = await locks.isHeld(lock)
    signal.throwIfAborted()
    if (!held) return null
    let releasing: Promise<void> | undefined
    const lease: Lease = {
      key,
      signal: lock.lost,
      release() {
        grounds.delete(lease)
        return (releasing ??= lock.release())
      },
    }
    grounds.set(lease, { lock, claim: number })
    return lease
  }

  return {
    async acquire(key, { ttl, signal }) {
      if (!(ttl > 0 && ttl < Infinity)) throw invalidOptions('ttl', `${ttl} is no duration`, 'Pass milliseconds.')
      for (;;) {
        signal.throwIfAborted()
        const name = `${scope}/lease/${key}`
        const lock = await locks.acquire(name, { ttl, signal, lostReason: () => leaseLost(key) })
        let lease: Lease | null = null
        try {
          lease = await enter(key, lock, signal)
          if (lease !== null) return lease
        } finally {
          if (lease === null) await lock.release()
        }
      }
    },
  }
}
