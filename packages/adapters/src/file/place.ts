import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { insecure, unavailable } from '../store/failures.ts'
import { attempt, errnoOf, shellPath } from './failures.ts'

/** Where a store keeps its files. All lie in one folder, since a rename is atomic only there. */
export interface Place {
  /** The path as given, absolute: what messages name. */
  readonly location: string
  /** The file itself, behind any symbolic link, so that a write replaces the target and the link stays. */
  readonly target: string
  readonly folder: string
  readonly lock: string
  readonly leases: string
}

export interface GuardedFile {
  readonly bytes: Uint8Array
  /** Permission bits. */
  readonly mode: number
}

const MOST_LINKS = 40
const WRITABLE_BY_ALL = 0o002
const STICKY = 0o1000
const OPEN_TO_OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022
// Windows has no such bits; a folder in the user's profile is closed to others there.
const JUDGES_PERMISSIONS = process.platform !== 'win32'

/** Follows symbolic links, also one that points at nothing yet. */
export function locate(location: string): Place {
  return attempt(location, 'follow', () => {
    let target = location
    for (let links = 0; isLink(target); links += 1) {
      if (links === MOST_LINKS) {
        throw unavailable(location, `${location} is a circle of symbolic links`, 'Name the file itself.')
      }
      target = resolve(realpathSync(dirname(target)), readlinkSync(target))
    }
    const folder = dirname(target)
    return { location, target, folder, lock: `${target}.lock`, leases: `${target}.leases` }
  })
}

/** Makes the missing folders, open to this user only. */
export function makeFolder(place: Place): void {
  attempt(place.location, 'make the folder of', () => mkdirSync(place.folder, { recursive: true, mode: 0o700 }))
}

/** The file, or `null` if there is none. Throws `store-insecure` if others could read, change or swap it. */
export function readGuarded(place: Place, allowReadableByOthers: boolean): GuardedFile | null {
  return attempt(place.location, 'read', () => {
    if (!checkFolder(place)) return null
    const descriptor = openIfThere(place.target)
    if (descriptor === null) return null
    try {
      const stats = fstatSync(descriptor)
      if (!stats.isFile()) throw unavailable(place.location, `${place.location} is not a file`, 'Name a file.')
      const mode = stats.mode & 0o777
      checkMode(place, mode, allowReadableByOthers)
      return { bytes: readFileSync(descriptor), mode }
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Whether the folder is there. Throws `store-insecure` if everybody may replace what lies in it. */
export function checkFolder({ location, folder }: Place): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return false
  if (JUDGES_PERMISSIONS && (stats.mode & WRITABLE_BY_ALL) !== 0 && (stats.mode & STICKY) === 0) {
    const help = `Run: chmod o-w ${shellPath(folder)}   or keep ${basename(location)} in a folder of your own.`
    throw insecure(location, `Everybody may replace files in ${folder}`, help)
  }
  return true
}

/** Throws `store-insecure` if others could read or change a file with these permission bits. */
export function checkMode({ location, target }: Place, mode: number, allowReadableByOthers: boolean): void {
  if (!JUDGES_PERMISSIONS) return
  const refused = allowReadableByOthers ? WRITABLE_BY_OTHERS : OPEN_TO_OTHERS
  if ((mode & refused) === 0) return
  const verb = (mode & WRITABLE_BY_OTHERS) === 0 ? 'read' : 'change'
  const octal = mode.toString(8).padStart(4, '0')
  const help = `Run: chmod ${allowReadableByOthers ? 'go-w' : '600'} ${shellPath(target)}`
  throw insecure(location, `Others may ${verb} ${location} (mode ${octal})`, help)
}

function openIfThere(path: string): number | null {
  try {
    // Non-blocking, so that a named pipe put there does not hang the process.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** The temporary file that whoever holds the lock with this nonce writes before it takes the place of `path`. */
export function temporaryFor(path: string, nonce: string): string {
  return join(dirname(path), `${basename(path)}.${nonce}.tmp`)
}
