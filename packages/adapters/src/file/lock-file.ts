import { readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { errnoOf } from './failures.ts'
import { parseOwner, type Owner } from './owner.ts'

/**
 * A lock is a symbolic link whose target is the owner as JSON: the one thing that a file system makes exclusively and
 * together with its content in a single step, so that no kill leaves a lock without an owner, and no stray file. Where
 * links are not to be had, it is a plain file with the same text.
 */
const LINKS = process.platform !== 'win32'
const NO_LINKS_HERE: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

/** Stands in for an owner that cannot be read: a plain file in the making, or something foreign. */
const UNREADABLE: Owner = {
  pid: 0,
  host: '',
  space: 'unreadable',
  started: '',
  nonce: 'unreadable',
}

/** True if the lock was free and is now this owner's. */
export function createLock(path: string, owner: Owner): boolean {
  const text = JSON.stringify(owner)
  try {
    if (LINKS) {
      try {
        symlinkSync(text, path)
        return true
      } catch (error) {
        if (!NO_LINKS_HERE.has(errnoOf(error))) throw error
      }
    }
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Who holds the lock; `null` if nobody does. */
export function readLock(path: string): Owner | null {
  const text = readLockText(path)
  if (text === null) return null
  try {
    return parseOwner(JSON.parse(text)) ?? UNREADABLE
  } catch {
    return UNREADABLE
  }
}

export function removeLock(path: string): void {
  rmSync(path, { force: true })
}

function readLockText(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return null
    // It is no link. Windows says UNKNOWN.
    if (errno !== 'EINVAL' && errno !== 'UNKNOWN') throw error
  }
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
