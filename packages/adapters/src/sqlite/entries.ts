import { randomUUID } from 'node:crypto'
import type { Json, Revision, StoredEntry } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'
import type { KeyRange } from '../store/key-range.ts'
import { conflict } from '../store/refusals.ts'
import { noteChange } from './changes.ts'
import type { Database } from './database.ts'

const READ = 'SELECT revision, value FROM entries WHERE key = ?'
const REVISION = 'SELECT revision FROM entries WHERE key = ?'
const WRITE = `
  INSERT INTO entries (key, revision, value) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, value = excluded.value`
const DELETE = 'DELETE FROM entries WHERE key = ?'
/** So many in one step: each holds up the thread, for a millisecond or so. */
const KEYS_AT_ONCE = 1_000
const KEYS = `SELECT key FROM entries WHERE key >= ? ORDER BY key LIMIT ${KEYS_AT_ONCE}`
const KEYS_BEFORE = `SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ${KEYS_AT_ONCE}`

export function readEntry(database: Database, location: string, key: string): StoredEntry | null {
  const row = database.get(READ, key)
  if (row === undefined) return null
  return { value: parseJson(location, String(row['value'])), revision: String(row['revision']) }
}

export interface Put {
  readonly key: string
  /** JSON. */
  readonly text: string
  readonly expect: Revision | null | undefined
}

/** The change to make in a transaction, which gives the new revision. Done twice it is done once. */
export function writingOf({ key, text, expect }: Put): (database: Database) => Revision {
  const revision = randomUUID()
  return (database) => {
    const present = revisionOf(database, key)
    if (present === revision) return revision
    if (expect !== undefined && expect !== present) throw conflict(key)
    database.run(WRITE, key, revision, text)
    noteChange(database, key)
    return revision
  }
}

export function deletingOf(key: string, expect: Revision | null | undefined): (database: Database) => void {
  return (database) => {
    const present = revisionOf(database, key)
    if (expect !== undefined && expect !== present) throw conflict(key)
    if (present === null) return
    database.run(DELETE, key)
    noteChange(database, key)
  }
}

/** The first of a range, by the index: SQLite compares texts by their bytes in UTF-8. */
export function listKeys(
  database: Database,
  { from, to }: KeyRange,
): { keys: readonly string[]; rest: KeyRange | null } {
  const rows = to === null ? database.all(KEYS, from) : database.all(KEYS_BEFORE, from, to)
  const keys = rows.map(({ key }) => String(key))
  const last = keys.at(-1)
  // What follows a text is that text with the smallest character behind it.
  return { keys, rest: last === undefined || keys.length < KEYS_AT_ONCE ? null : { from: `${last}\0`, to } }
}

function revisionOf(database: Database, key: string): Revision | null {
  const row = database.get(REVISION, key)
  return row === undefined ? null : String(row['revision'])
}

function parseJson(location: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    // Without the cause: a parser quotes what it could not read, and that may be a secret.
    const help = 'It was left as it is. Restore a backup, or delete the row and log in again.'
    throw corrupt(location, `A row of ${location} is damaged: its value is no JSON`, help)
  }
}
