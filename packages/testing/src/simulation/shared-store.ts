import { EvergrantError, type Json, type StoredEntry, type WriteOptions } from '@evergrant/core'
import { createLeaseTable, type GrantedLease, type LeaseTable } from './lease-table.ts'
import type { World } from './world.ts'

/** What is written, before and after. */
export interface Written {
  readonly key: string
  readonly before: Json | null
  readonly after: Json | null
}

/** The one truth of what is stored, as a server or a file holds it; its clients are in `store-client.ts`. */
export interface SharedStore {
  readonly leases: LeaseTable
  read(key: string): StoredEntry | null
  /** Throws `store-conflict` or `lease-lost`. */
  write(key: string, value: Json, options: Pick<WriteOptions, 'expect'>, lease: GrantedLease | null): string
  /** The same, and throws the same. */
  delete(key: string, options: Pick<WriteOptions, 'expect'>, lease: GrantedLease | null): void
  watch(key: string, changed: () => void): Disposable
  /** What is stored, without the price of a copy: for looking only. */
  peek(key: string): Json | null
  /** How many watch. */
  readonly watchers: number
}

export function createSharedStore(world: World, onWrite: (written: Written) => void): SharedStore {
  const entries = new Map<string, StoredEntry>()
  const watchers = new Map<string, Set<() => void>>()
  const leases = createLeaseTable(world)
  let revisions = 0
  let watching = 0

  /** Checks whether the change may be made, makes it, and tells. */
  function change(
    key: string,
    { expect }: Pick<WriteOptions, 'expect'>,
    lease: GrantedLease | null,
    make: () => void,
  ): void {
    if (lease !== null && !leases.isHeld(lease)) throw leaseLost(lease.key)
    const before = entries.get(key)
    if (expect !== undefined && (before?.revision ?? null) !== expect) throw conflict(key)
    make()
    onWrite({ key, before: before?.value ?? null, after: entries.get(key)?.value ?? null })
    for (const changed of watchers.get(key) ?? []) changed()
  }

  return {
    leases,
    get watchers() {
      return watching
    },
    read(key) {
      const entry = entries.get(key)
      return entry === undefined ? null : { value: copyOf(entry.value), revision: entry.revision }
    },
    peek: (key) => entries.get(key)?.value ?? null,
    write(key, value, options, lease) {
      const revision = String((revisions += 1))
      // By way of a text: what does not survive that does not survive a store.
      const stored = JSON.parse(JSON.stringify(value)) as Json
      change(key, options, lease, () => entries.set(key, { value: stored, revision }))
      return revision
    },
    delete(key, options, lease) {
      change(key, options, lease, () => entries.delete(key))
    },
    watch(key, changed) {
      const listening = watchers.get(key) ?? new Set()
      watchers.set(key, listening)
      // A function of its own, so that the same one may watch twice.
      const listener = () => changed()
      listening.add(listener)
      watching += 1
      return {
        [Symbol.dispose]() {
          if (listening.delete(listener)) watching -= 1
        },
      }
    },
  }
}

/** For a reader to keep: what comes from JSON is copied so in a fraction of the time that reading its text takes. */
function copyOf(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(copyOf)
  const copy: Record<string, Json> = { ...value }
  for (const name in copy) {
    const part = copy[name]
    if (typeof part === 'object' && part !== null) copy[name] = copyOf(part)
  }
  return copy
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function conflict(key: string): EvergrantError<'store-conflict'> {
  return new EvergrantError('store-conflict', {
    message: `Somebody else changed ${key} first`,
    help: 'Read it again and decide anew.',
    details: { key },
  })
}

export function leaseLost(key: string): EvergrantError<'lease-lost'> {
  return new EvergrantError('lease-lost', {
    message: `The lease of ${key} is no longer held`,
    help: 'Take the lease again before writing.',
    details: { key },
  })
}
