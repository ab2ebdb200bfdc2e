import { isStoreConflict } from '../errors.ts'
import type { Json, StoredEntry, TokenStore, WriteOptions } from '../store.ts'

/** An entry as read, parsed. */
export interface Stored<T> {
  readonly entry: StoredEntry | null
  readonly value: T
}

/** How one kind of record is read and written. */
export interface RecordKind<T> {
  readonly key: string
  parse(key: string, value: Json): T
  empty(): T
}

/** Nobody loses a compare-and-set this often in a row on a working store. */
const MOST_CONFLICTS = 200

export async function readStored<T>(store: TokenStore, kind: RecordKind<T>): Promise<Stored<T>> {
  const entry = await store.read(kind.key)
  return { entry, value: entry === null ? kind.empty() : kind.parse(kind.key, entry.value) }
}

/** Writes over exactly what was read. */
export async function writeStored<T extends object>(
  store: TokenStore,
  kind: RecordKind<T>,
  read: Stored<T>,
  value: T,
  options: Omit<WriteOptions, 'expect'> = {},
): Promise<Stored<T>> {
  const json = JSON.parse(JSON.stringify(value)) as Json
  const revision = await store.write(kind.key, json, { ...options, expect: read.entry?.revision ?? null })
  return { entry: { value: json, revision }, value }
}

/** Reads, changes and writes until nobody was quicker. A change that gives back its argument writes nothing. */
export async function updateStored<T extends object>(
  store: TokenStore,
  kind: RecordKind<T>,
  change: (value: T) => T,
): Promise<Stored<T>> {
  for (let conflicts = 0; ; conflicts += 1) {
    const read = await readStored(store, kind)
    const value = change(read.value)
    if (value === read.value) return read
    try {
      return await writeStored(store, kind, read, value)
    } catch (error) {
      if (!isStoreConflict(error) || conflicts >= MOST_CONFLICTS) throw error
    }
  }
}
