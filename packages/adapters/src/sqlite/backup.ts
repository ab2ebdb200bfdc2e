import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { invalidOptions } from '@evergrant/core'
import { attempt } from '../file/failures.ts'
import { locate, makeFolder, temporaryFor, type Place } from '../file/place.ts'
import { corrupt, unavailable } from '../store/failures.ts'
import { openDatabase } from './database.ts'
import { asFailure } from './failures.ts'
import { adopt, isThere, makePrivate } from './place.ts'

/** All in one step: in several, each write of another connection would make it begin anew. It runs beside this thread. */
const ALL_PAGES = 0x7fffffff
/** Ms. */
const PATIENCE = 5_000

/**
 * Copies the database of a `sqliteStore` while it is in use, as it stands at one moment, to a path where nothing is yet; to
 * restore it, copies the copy back. The copy is whole or not there, is checked, has mode 0600 and holds the same secrets.
 *
 * Rejects with `store-unavailable`, also if something is at `to` already; and with `store-corrupt`, `store-insecure` as
 * {@link sqliteStore} does, or `invalid-options`.
 */
export async function backupSqlite(file: string, to: string): Promise<void> {
  const source = locate(checkPath('file', file))
  const place = locate(checkPath('to', to))
  const { location } = place
  if (!isThere(source)) {
    throw unavailable(source.location, `There is no database at ${source.location}`, 'Name an existing one.')
  }
  makeFolder(place)
  const temporary = temporaryFor(place.target, randomBytes(12).toString('base64url'))
  try {
    attempt(location, 'make', () => makePrivate(temporary))
    await copy(source, temporary)
    check(source.location, temporary)
    if (!attempt(location, 'make', () => adopt(temporary, place.target))) throw taken(location)
  } catch (error) {
    throw asFailure(location, error)
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${temporary}${suffix}`, { force: true })
  }
}

async function copy({ location, target }: Place, temporary: string): Promise<void> {
  // Checks all that the store checks.
  openDatabase(location).close()
  using source = new DatabaseSync(target, { timeout: PATIENCE })
  await backup(source, temporary, { rate: ALL_PAGES })
}

/** Leases are of processes, which are not restored. */
function check(from: string, temporary: string): void {
  using copied = new DatabaseSync(temporary)
  const found = Object.values(copied.prepare('PRAGMA quick_check').get() ?? {})[0]
  if (found !== 'ok') throw corrupt(from, `${from} is damaged, and was not copied`, 'Restore an older backup.')
  copied.exec('DELETE FROM leases')
}

function taken(location: string): Error {
  return unavailable(
    location,
    `Something is at ${location} already`,
    'It was left as it is. Name another path, or move it away.',
  )
}

function checkPath(option: string, path: unknown): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return resolve(path)
  throw invalidOptions(option, 'is no path', "Name a file, e.g. 'accounts.sqlite'.")
}
