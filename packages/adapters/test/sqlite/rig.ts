import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { sqliteStore, type SqliteStore, type SqliteStoreOptions } from '@evergrant/adapters/sqlite'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

export const KEY = 'grant/default'

export interface SqliteRig {
  readonly folder: string
  readonly file: string
  /** A store on this place, which is disposed of after the test. */
  readonly open: (options?: Partial<SqliteStoreOptions>) => SqliteStore
  /** Names in the folder. */
  readonly files: () => readonly string[]
  /** Works on the database behind the back of the stores; gives the first row. */
  readonly meddle: (
    statement: string,
    ...values: (string | number)[]
  ) => Readonly<Record<string, SQLOutputValue>> | undefined
}

/** A folder of the test's own with no database in it yet. */
export function sqliteRig(): SqliteRig {
  const folder = temporaryFolder()
  const file = join(folder, 'accounts.sqlite')
  return {
    folder,
    file,
    open(options = {}) {
      const store = sqliteStore({ file, ...options })
      onTestFinished(() => store.dispose())
      return store
    },
    files: () => readdirSync(folder).toSorted(),
    meddle(statement, ...values) {
      using database = new DatabaseSync(file, { timeout: 5_000 })
      // As a store would have made it.
      chmodSync(file, 0o600)
      return database.prepare(statement).get(...values)
    },
  }
}
