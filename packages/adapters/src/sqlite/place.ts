import { randomBytes } from 'node:crypto'
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, rmSync, statfsSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { attempt, errnoOf } from '../file/failures.ts'
import { checkFolder, checkMode, locate, makeFolder, temporaryFor, type Place } from '../file/place.ts'
import { corrupt, unavailable } from '../store/failures.ts'
import { networkFileSystem } from './network-file-system.ts'

const PRIVATE = 0o600
/** What SQLite keeps beside a database while it is in use. */
const COMPANIONS = ['-wal', '-shm'] as const

/**
 * Finds the database of a store, and lets `create` make it if there is none. It is never opened here, not even to look at
 * it: to close any file is to give up all locks that this process has on it, those of SQLite included (fcntl(2)).
 */
export function findDatabase(location: string, create: (path: string) => void): Place {
  const place = locate(location)
  makeFolder(place)
  checkFolder(place)
  checkFileSystem(place)
  if (!isThere(place)) {
    refuseOrphanedLog(place)
    placeNew(place.location, place.target, create)
  }
  checkFiles(place)
  return place
}

/**
 * Puts what `fill` makes of an empty private file at `path`: all at once, and only if nothing is there, so that nobody ever
 * opens half of it.
 */
function placeNew(location: string, path: string, fill: (temporary: string) => void): void {
  attempt(location, 'make', () => {
    const temporary = temporaryFor(path, randomBytes(12).toString('base64url'))
    try {
      makePrivate(temporary)
      fill(temporary)
      // Another may have come first: then that one is it.
      adopt(temporary, path)
    } finally {
      for (const suffix of ['', '-journal', ...COMPANIONS]) rmSync(`${temporary}${suffix}`, { force: true })
    }
  })
}

/** Gives a file its name, unless something has it already; both are durable then. */
export function adopt(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
  syncFolder(dirname(path))
  return true
}

/** An empty file for this user alone, whatever the umask. */
export function makePrivate(path: string): void {
  const descriptor = openSync(path, 'wx', PRIVATE)
  try {
    fchmodSync(descriptor, PRIVATE)
  } finally {
    closeSync(descriptor)
  }
}

/** What tells a file from another that has taken its name; `null` if there is none. Throws `store-insecure` as well. */
export function identityOf(place: Place): string | null {
  const stats = statsOf(place.location, place.target)
  if (stats === undefined) return null
  checkMode(place, stats.mode & 0o777, false)
  return `${stats.dev} ${stats.ino}`
}

export function isThere({ location, target }: Place): boolean {
  return statsOf(location, target) !== undefined
}

function statsOf(location: string, path: string): Stats | undefined {
  return attempt(location, 'look at', () => statSync(path, { throwIfNoEntry: false }))
}

function checkFileSystem({ location, folder }: Place): void {
  if (process.platform !== 'linux') return
  const name = attempt(location, 'look at the folder of', () => networkFileSystem(statfsSync(folder).type))
  if (name === null) return
  const help = 'Locks of several hosts do not hold there. Choose a local disk, or a store of /postgres or /redis.'
  throw unavailable(location, `${location} lies on a network file system (${name})`, help)
}

/** SQLite would take up the log of another database into a new one. */
function refuseOrphanedLog(place: Place): void {
  const { location, target } = place
  const log = statsOf(location, `${target}-wal`)
  // Somebody else may have made the database meanwhile, and its log.
  if (log === undefined || log.size === 0 || isThere(place)) return
  const help = 'Put the database back to where its -wal is; or, to begin anew, move -wal and -shm away too.'
  throw corrupt(location, `${location} is gone, but what was last written to it is still in its -wal`, help)
}

function checkFiles(place: Place): void {
  const { location, target } = place
  for (const suffix of ['', ...COMPANIONS]) {
    const path = `${target}${suffix}`
    const stats = statsOf(location, path)
    if (stats === undefined) continue
    if (!stats.isFile()) throw unavailable(location, `${path} is not a file`, 'Name a file, or move this one away.')
    checkMode({ ...place, target: path }, stats.mode & 0o777, false)
    if (suffix !== '' || stats.size > 0) continue
    // This store never leaves an empty file, so whatever emptied it may have taken credentials with it.
    const help = 'If it was made by hand and never held anything, delete it; otherwise restore it from a backup.'
    throw corrupt(location, `${location} is empty`, help)
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
