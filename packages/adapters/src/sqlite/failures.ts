import { isEvergrantError, type EvergrantError } from '@evergrant/core'
import { corrupt, unavailable } from '../store/failures.ts'

/** Primary result codes, from https://www.sqlite.org/rescode.html. */
const ERROR = 1
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const NOT_A_DATABASE = 26

const HELP_BY_CODE: Readonly<Record<number, string>> = {
  3: 'This user may not do that. Folder and database must be writable for the user who runs this.',
  7: 'There is no memory left. Nothing was written.',
  8: 'The database may only be read. Folder and database must be writable for the user who runs this, on a disk that is not mounted read-only.',
  10: 'The disk failed or takes no more. Check it and its free space. Read again before you repeat a write.',
  13: 'The disk is full. Free some space; nothing was written.',
  14: 'Folder, database, -wal and -shm must be readable and writable for the user who runs this.',
  18: 'SQLite takes no value of this size. Nothing was written.',
}

const REPAIR =
  'It was left as it is, and nothing is written to it. Stop what uses it, move it away together with its -wal and -shm, ' +
  'and restore a backup or log in again.'

/** The primary result code of SQLite, or `null` for what does not come from it. */
export function sqliteCodeOf(error: unknown): number | null {
  const { code, errcode } = Object(error) as { readonly code?: unknown; readonly errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null
}

/** Whether somebody else has the database to himself just now. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCodeOf(error)
  return code === BUSY || code === LOCKED
}

/** What SQLite has refused, in our words. Of its own words none is passed on. */
export function asFailure(location: string, error: unknown): EvergrantError {
  if (isEvergrantError(error)) return error
  const code = sqliteCodeOf(error)
  if (code === CORRUPT || code === NOT_A_DATABASE) return corrupt(location, `${location} is damaged`, REPAIR)
  // Our own statements are good, so what they name is missing.
  if (code === ERROR) return corrupt(location, `${location} lacks tables that belong in it`, REPAIR)
  const help = HELP_BY_CODE[code ?? 0] ?? 'Look up the code at https://www.sqlite.org/rescode.html.'
  return unavailable(location, `SQLite could not do what was asked of ${location} (${code ?? nameOf(error)})`, help)
}

export function lockedByAnother(location: string, ms: number): EvergrantError<'store-unavailable'> {
  const help =
    'Whoever writes to it takes milliseconds: a process hangs or is stopped in a write, or somebody has begun a transaction ' +
    'in a shell and not ended it. End that. Nothing was written.'
  return unavailable(location, `${location} has been locked by another program for ${ms} ms`, help)
}

function nameOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : 'unknown'
}
