import type { LeaseEntry } from '../file/lease-table.ts'
import { parseOwner } from '../file/owner.ts'
import type { Database } from './database.ts'

const READ = 'SELECT owner, renewals, ttl, expires_at FROM leases WHERE key = ?'
const PUT = 'INSERT OR REPLACE INTO leases (key, owner, renewals, ttl, expires_at) VALUES (?, ?, ?, ?, ?)'
const DELETE = 'DELETE FROM leases WHERE key = ?'

/** `null` if nobody holds it; so too where nobody can make out who does, since no living holder would write that. */
export function readLease(database: Database, key: string): LeaseEntry | null {
  const row = database.get(READ, key)
  const owner = row === undefined ? null : parseOwner(parseJson(String(row['owner'])))
  if (owner === null) return null
  const [renewals, ttl, expiresAt] = [Number(row?.['renewals']), Number(row?.['ttl']), Number(row?.['expires_at'])]
  return { owner, renewals, ttl, expiresAt }
}

export function putLease(database: Database, key: string, { owner, renewals, ttl, expiresAt }: LeaseEntry): void {
  database.run(PUT, key, JSON.stringify(owner), renewals, ttl, expiresAt)
}

export function deleteLease(database: Database, key: string): void {
  database.run(DELETE, key)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
