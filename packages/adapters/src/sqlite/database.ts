import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { Place } from '../file/place.ts'
import { unavailable } from '../store/failures.ts'
import { findDatabase, identityOf } from './place.ts'
import { checkSchema, CREATION } from './schema.ts'

type Row = Readonly<Record<string, SQLOutputValue>>

/** One connection to the database of a store. What it throws is SQLite's, but for what opening and `confirm` do. */
export interface Database {
  /**
   * Throws `store-unavailable` if another file has taken the place of this one, or none, and `store-insecure` if it was
   * opened to others.
   */
  confirm(): void
  get(statement: string, ...values: SQLInputValue[]): Row | undefined
  all(statement: string, ...values: SQLInputValue[]): readonly Row[]
  /** Gives the rowid of what was inserted last. */
  run(statement: string, ...values: SQLInputValue[]): number
  /** Does all of it, or nothing; what is `durable` is on disk when this returns. */
  transact<T>(durable: boolean, work: () => T): T
  close(): void
}

/**
 * - what is deleted is overwritten, for it was a secret
 * - on macOS a sync reaches the disk with `fullfsync` only
 * - a damaged page is noticed when it is read, and views or triggers that somebody planted run no functions
 */
const SETTINGS = `
  PRAGMA secure_delete = ON;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA cell_size_check = ON;
  PRAGMA trusted_schema = OFF;
`

/** Opens the database; makes it first if there is none. */
export function openDatabase(location: string): Database {
  const place = findDatabase(location, (path) => {
    using created = new DatabaseSync(path)
    created.exec(CREATION)
  })
  const identity = identityOf(place)
  const connection = connect(place)
  const statements = new Map<string, StatementSync>()
  let synced: boolean | undefined

  function prepared(text: string): StatementSync {
    let statement = statements.get(text)
    if (statement === undefined) statements.set(text, (statement = connection.prepare(text)))
    return statement
  }

  /** Of the two, only FULL syncs each commit. Neither lets a power cut damage the database. */
  function sync(durable: boolean): void {
    if (synced === durable) return
    connection.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    synced = durable
  }

  return {
    confirm() {
      if (identityOf(place) === identity) return
      const help =
        'Stop all that uses it. Put back the file that was there; or move -wal and -shm away, which belong to that one. Start ' +
        'again then.'
      throw unavailable(location, `${location} was moved away or replaced while it was in use`, help)
    },
    get: (text, ...values) => prepared(text).get(...values),
    all: (text, ...values) => prepared(text).all(...values),
    run: (text, ...values) => Number(prepared(text).run(...values).lastInsertRowid),
    transact(durable, work) {
      sync(durable)
      prepared('BEGIN IMMEDIATE').run()
      try {
        const result = work()
        prepared('COMMIT').run()
        return result
      } catch (error) {
        // Some failures have ended it already.
        if (connection.isTransaction) prepared('ROLLBACK').run()
        throw error
      }
    },
    close: () => connection.close(),
  }
}

function connect({ location, target }: Place): DatabaseSync {
  const address = pathToFileURL(target)
  // Without it SQLite would make a file that is not there any more, for everybody to read.
  address.searchParams.set('mode', 'rw')
  const connection = new DatabaseSync(address, { timeout: 0 })
  try {
    // Looked at before anything is set, for it may be another program's.
    checkSchema(location, pragma(connection, 'application_id'), pragma(connection, 'user_version'))
    connection.exec(SETTINGS)
    if (pragma(connection, 'journal_mode = WAL') === 'wal') return connection
    const help = 'The file system has no shared memory for it. Choose a local disk.'
    throw unavailable(location, `${location} cannot be used by several at once`, help)
  } catch (error) {
    connection.close()
    throw error
  }
}

function pragma(connection: DatabaseSync, text: string): SQLOutputValue | undefined {
  return Object.values(connection.prepare(`PRAGMA ${text}`).get() ?? {})[0]
}
