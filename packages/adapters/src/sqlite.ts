import { resolve } from 'node:path'
import { invalidOptions, systemClock, type Clock, type TokenStore } from '@evergrant/core'
import { checkKnownOptions } from './options/known-options.ts'
import { createChanges } from './sqlite/changes.ts'
import { deletingOf, listKeys, readEntry, writingOf } from './sqlite/entries.ts'
import { createLeases } from './sqlite/leases.ts'
import { createTransactions } from './sqlite/transactions.ts'
import { jsonText } from './store/json-text.ts'
import { keyRange, type KeyRange } from './store/key-range.ts'
import { nextTurn } from './time/next-turn.ts'

export { backupSqlite } from './sqlite/backup.ts'

export interface SqliteStoreOptions {
  /** Path of the database, on a local disk. Relative ones count from the present folder. */
  readonly file: string
  /** Ms to wait for another program in the middle of a write, which takes milliseconds. Default 5000. */
  readonly maxLockWait?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

/** A store that closes its database: `await using store = sqliteStore({ file })`. */
export interface SqliteStore extends TokenStore, AsyncDisposable {
  readonly sharing: 'host'
  watch(key: string, changed: () => void): Disposable
  keys(prefix: string): Promise<readonly string[]>
  /** Gives back the leases, and closes the database once what is under way is done. Refuses everything from then on. */
  dispose(): Promise<void>
}

const KNOWN = ['file', 'maxLockWait', 'clock']
const DEFAULT_MAX_LOCK_WAIT = 5_000

/**
 * Keeps any number of accounts in an SQLite database that the processes of one host share, over `node:sqlite` (Node 22.16
 * or later; before 24 it prints a warning that it is experimental). Nothing is opened before it is needed.
 *
 * The database is made with mode 0600, in folders made with 0700; SQLite keeps `<file>-wal` and `<file>-shm` beside it with
 * the same mode. Tables, for people with a shell (`PRAGMA user_version` is 1):
 * - `entries`: `key`; `revision`, a UUID, another with each write; `value`, JSON with tokens in clear, unless the store
 *   of `/encrypted` is around this one. What is deleted is overwritten
 * - `changes`: the keys that were written last, for those who watch
 * - `leases`: who may spend which credential, with the process that holds it
 *
 * A write is synced before it resolves (WAL, `synchronous = FULL`); writes of one moment share a transaction and its sync,
 * for which the thread stands still. Leases are renewed every third of their ttl; those of a process that is gone fall
 * to the next at once. Network file systems are refused, as far as they can be told (on Linux): their locks do not hold.
 *
 * While it is in use, copy it with {@link backupSqlite} only. Put a file in its place only while nobody uses it, and
 * without the `-wal` and `-shm` of the one before.
 *
 * Errors, each with what to do next in `help`:
 * - `store-insecure`: group or others may read or change the files, or everybody may replace them (not judged on Windows)
 * - `store-corrupt`: damaged, empty, of another program or of a newer version. Nothing is written to it then
 * - `store-unavailable`: the system or the disk refused; another program has locked it; it was replaced while in use; or
 *   the store was disposed of
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: also a key with NUL or half a character,
 *   and a value that is not JSON
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { location, maxLockWait, clock } = checkOptions(options)
  const transactions = createTransactions({ location, maxLockWait, clock, committed: () => changes.look() })
  const changes = createChanges({ location, clock, glance: transactions.glance })
  const leases = createLeases(transactions, clock)
  let disposing: Promise<void> | undefined

  async function close(): Promise<void> {
    changes.end()
    await leases.end()
    await transactions.end()
  }

  const dispose = () => (disposing ??= close())

  return {
    sharing: 'host',
    async read(key) {
      return transactions.read((database) => readEntry(database, location, key))
    },
    async write(key, value, { expect, lease } = {}) {
      checkKey(key)
      const write = writingOf({ key, text: jsonText(value), expect })
      return transactions.change((database) => {
        if (lease !== undefined) leases.confirm(database, lease)
        return write(database)
      })
    },
    async delete(key, { expect, lease } = {}) {
      const remove = deletingOf(key, expect)
      return transactions.change((database) => {
        if (lease !== undefined) leases.confirm(database, lease)
        remove(database)
      })
    },
    async lease(key, leaseOptions) {
      checkKey(key)
      return leases.acquire(key, leaseOptions)
    },
    watch: changes.watch,
    async keys(prefix) {
      const found: string[] = []
      for (let range: KeyRange | null = keyRange(prefix); range !== null; await nextTurn()) {
        const from: KeyRange = range
        const { keys, rest } = await transactions.read((database) => listKeys(database, from))
        found.push(...keys)
        range = rest
      }
      return found
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function checkOptions(options: SqliteStoreOptions) {
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', "Pass { file: 'accounts.sqlite' }.")
  }
  checkKnownOptions(options, KNOWN)
  const { file, maxLockWait = DEFAULT_MAX_LOCK_WAIT, clock = systemClock } = options
  if (!(maxLockWait >= 0)) throw invalidOptions('maxLockWait', `${maxLockWait} is no duration`, 'Pass milliseconds.')
  return { location: checkFile(file), maxLockWait, clock }
}

function checkFile(file: unknown): string {
  if (typeof file === 'string' && file !== '' && !file.includes('\0')) return resolve(file)
  throw invalidOptions('file', 'is no path', "Name a file, e.g. 'accounts.sqlite'.")
}

function checkKey(key: string): void {
  // Half a character does not survive the way into UTF-8, and tools for SQLite end a text at NUL; two keys might become one.
  if (key.includes('\0') || /\p{Surrogate}/u.test(key)) {
    throw invalidOptions('key', 'is a text that SQLite cannot hold', 'Leave out NUL and halves of characters.')
  }
}
