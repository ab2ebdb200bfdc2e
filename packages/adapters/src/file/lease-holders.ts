import { resolve } from 'node:path'
import { invalidOptions } from '@evergrant/core'
import { attempt } from './failures.ts'
import { readLeases } from './lease-table.ts'
import { readLock } from './lock-file.ts'
import { fateOf, thisProcess, type Fate, type Owner } from './owner.ts'
import { locate } from './place.ts'

/** A process that holds a lease of a file store, or its lock. No secret is in it. */
export interface LeaseHolder {
  /** The key of the lease; `null` for the lock, which is held for the milliseconds of a write. */
  readonly key: string | null
  readonly pid: number
  readonly host: string
  /**
   * - `alive`: it runs
   * - `dead`: it is gone; whoever asks next takes over what it held
   * - `unknown`: it is of another host or container, or of this very process, or its pid may be another's by now (off Linux)
   */
  readonly fate: Fate
}

/**
 * Who holds what of a file store just now: its leases by key, then the lock. Only reads, and changes nothing; it is for
 * people, since all of it may have changed by the time it is read. A holder that cannot be made out is left out. Rejects
 * with `store-unavailable`, or with `store-corrupt` for leases of a newer version.
 */
export async function leaseHolders(path: string): Promise<readonly LeaseHolder[]> {
  if (path === '') throw invalidOptions('path', 'is empty', "Name a file, e.g. '.secrets'.")
  const place = locate(resolve(path))
  const leases = [...readLeases(place)].map(([key, { owner }]) => holderOf(key, owner))
  const owner = attempt(place.lock, 'read', () => readLock(place.lock))
  // One that cannot be read has no pid.
  return owner === null || owner.pid === 0 ? leases : [...leases, holderOf(null, owner)]
}

function holderOf(key: string | null, owner: Owner): LeaseHolder {
  const { pid, host } = owner
  return { key, pid, host, fate: fateOf(owner, thisProcess()) }
}
