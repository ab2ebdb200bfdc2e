import type { VirtualProcess } from './virtual-host.ts'
import type { World } from './world.ts'

/** A lease as the store knows it. */
export interface GrantedLease {
  readonly key: string
  readonly holder: VirtualProcess
  /** Ms that it lasts from each renewal. */
  readonly ttl: number
  /** True once it ended without its holder giving it back. */
  readonly lost: boolean
  readonly released: boolean
}

interface Held extends GrantedLease {
  lost: boolean
  released: boolean
  expiry: Disposable
}

interface Waiting {
  readonly holder: VirtualProcess
  readonly ttl: number
  readonly granted: (lease: GrantedLease) => void
}

/** Who holds which lease; on the store's own time. */
export interface LeaseTable {
  /** The lease of a key that is held now. */
  holding(key: string): GrantedLease | null
  isHeld(lease: GrantedLease): boolean
  /** Waits in line; dispose the result to leave it. */
  ask(key: string, holder: VirtualProcess, ttl: number, granted: (lease: GrantedLease) => void): Disposable
  /** False if it was lost. */
  renew(lease: GrantedLease): boolean
  release(lease: GrantedLease): void
  /** Takes a lease away from its holder, as the restart of a store does. */
  drop(key: string): void
  /** Ends every lease of a process that is gone. */
  dropAllOf(holder: VirtualProcess): void
}

export function createLeaseTable(world: World): LeaseTable {
  const held = new Map<string, Held>()
  const lines = new Map<string, Waiting[]>()

  const find = (lease: GrantedLease): Held | null => {
    const present = held.get(lease.key)
    return present === lease ? present : null
  }

  const expireLater = (key: string, ttl: number) => world.after(ttl, () => drop(key))

  function give(key: string): void {
    const next = lines.get(key)?.shift()
    if (next === undefined) return
    const { holder, ttl, granted } = next
    const lease: Held = { key, holder, ttl, lost: false, released: false, expiry: expireLater(key, ttl) }
    held.set(key, lease)
    granted(lease)
  }

  function end(lease: Held): void {
    lease.expiry[Symbol.dispose]()
    held.delete(lease.key)
    give(lease.key)
  }

  function drop(key: string): void {
    const lease = held.get(key)
    if (lease === undefined) return
    lease.lost = true
    end(lease)
  }

  return {
    holding: (key) => held.get(key) ?? null,
    isHeld: (lease) => find(lease) !== null,
    ask(key, holder, ttl, granted) {
      const waiting: Waiting = { holder, ttl, granted }
      const line = lines.get(key) ?? []
      lines.set(key, line)
      line.push(waiting)
      if (!held.has(key)) give(key)
      return {
        [Symbol.dispose]() {
          const place = line.indexOf(waiting)
          if (place >= 0) line.splice(place, 1)
        },
      }
    },
    renew(lease) {
      const present = find(lease)
      if (present === null) return false
      present.expiry[Symbol.dispose]()
      present.expiry = expireLater(present.key, present.ttl)
      return true
    },
    release(lease) {
      const present = find(lease)
      if (present === null) return
      present.released = true
      end(present)
    },
    drop,
    dropAllOf(holder) {
      for (const lease of held.values()) if (lease.holder === holder) drop(lease.key)
    },
  }
}
