import { readFileSync, rmSync } from 'node:fs'
import { corrupt } from '../store/failures.ts'
import { attempt, errnoOf } from './failures.ts'
import type { HeldLock } from './mutex.ts'
import { parseOwner, type Owner } from './owner.ts'
import type { Place } from './place.ts'
import { replaceFile } from './replace.ts'

/** One lease as it stands in the file beside the store. No secret is in it. */
export interface LeaseEntry {
  readonly owner: Owner
  /** Grows with each renewal: the sign of life. */
  readonly renewals: number
  /** Ms. */
  readonly ttl: number
  /** Epoch ms by the owner's clock. */
  readonly expiresAt: number
}

export type LeaseTable = ReadonlyMap<string, LeaseEntry>

const FORMAT = 'evergrant-leases'
const VERSION = 1

/** Reads `{ "format": "evergrant-leases", "version": 1, "leases": { key: entry } }`. */
export function readLeases(place: Place): LeaseTable {
  const text = attempt(place.leases, 'read', () => readIfThere(place.leases))
  const document = text === null ? null : parse(text)
  if (document === null) return new Map()
  const { format, version, leases } = document
  if (format === FORMAT && typeof version === 'number' && version > VERSION) {
    const help = 'Update evergrant here too: it shares this store with a newer one.'
    throw corrupt(place.leases, `${place.leases} was written by a newer evergrant (version ${version})`, help)
  }
  const entries = Object.entries(typeof leases === 'object' && leases !== null ? leases : {})
  return new Map(entries.flatMap(([key, value]) => parseEntry(value).map((entry) => [key, entry] as const)))
}

/** Writes the table; the file goes when the last lease does. */
export function writeLeases(place: Place, table: LeaseTable, lock: HeldLock): void {
  attempt(place.leases, 'write', () => {
    if (table.size === 0) {
      lock.confirm()
      rmSync(place.leases, { force: true })
      return
    }
    const text = `${JSON.stringify({ format: FORMAT, version: VERSION, leases: Object.fromEntries(table) }, null, 2)}\n`
    // Not durable: no lease outlives the processes of this machine.
    const { nonce, confirm } = lock
    replaceFile({ path: place.leases, text, mode: 0o600, nonce, durable: false, confirm })
  })
}

/**
 * `null` for what cannot be read. Only a power cut leaves such a file, and nobody who held a lease then is still alive:
 * it counts as no leases, and heals itself.
 */
function parse(text: string): { format?: unknown; version?: unknown; leases?: unknown } | null {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' ? document : null
  } catch {
    return null
  }
}

function parseEntry(value: unknown): LeaseEntry[] {
  if (typeof value !== 'object' || value === null) return []
  const { owner, renewals, ttl, expiresAt } = value as Partial<Record<keyof LeaseEntry, unknown>>
  const known = parseOwner(owner)
  if (known === null || typeof renewals !== 'number' || typeof ttl !== 'number' || typeof expiresAt !== 'number')
    return []
  return [{ owner: known, renewals, ttl, expiresAt }]
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
