import { chmodSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from '@evergrant/adapters/sqlite'
import { describeCanaries, type CanaryPlace, type VirtualClock } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { storePaths } from '../canaries/store-paths.ts'
import { scratchFolder } from '../processes/scratch-folder.ts'
import { inNoTime } from '../support/standing-time.ts'

interface DatabasePlace extends CanaryPlace {
  readonly file: string
  readonly meddle: (statements: string) => void
}

async function createPlace(clock: VirtualClock): Promise<DatabasePlace> {
  const scratch = scratchFolder()
  const folder = scratch.path
  const file = join(folder, 'accounts.sqlite')
  const store = sqliteStore({ file, clock })
  // It is there before any trouble begins.
  await store.read('grant/default')
  const database = new DatabaseSync(file)
  return {
    file,
    meddle: (statements) => database.exec(statements),
    open: () => inNoTime(store, clock),
    visible: () => [
      readdirSync(folder),
      database.prepare('SELECT * FROM leases').all(),
      database.prepare('SELECT * FROM changes').all(),
    ],
    async dispose() {
      database.close()
      await store.dispose()
      scratch[Symbol.dispose]()
    },
  }
}

/** Spoils the values of all rows, and mends what nobody has written anew. */
function spoiled(value: string) {
  return ({ meddle }: DatabasePlace) => {
    meddle(`CREATE TABLE kept AS SELECT * FROM entries; UPDATE entries SET value = ${value}`)
    return () =>
      meddle(`UPDATE entries SET value = kept.value FROM kept
        WHERE kept.key = entries.key AND kept.revision = entries.revision; DROP TABLE kept`)
  }
}

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeCanaries(
  'the sqlite store',
  {
    createPlace,
    troubles: {
      'rows that are cut in the middle': spoiled('substr(value, 1, length(value) / 2)'),
      'rows that are no JSON': spoiled(`replace(value, '"', '')`),
      'rows that are JSON of another kind': spoiled('json_quote(value)'),
      'rows that are refused with words that quote them': ({ meddle }) => {
        meddle(`CREATE TRIGGER refused_new BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, new.value); END;
          CREATE TRIGGER refused BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, new.value); END`)
        return () => meddle('DROP TRIGGER refused_new; DROP TRIGGER refused')
      },
      'tables that are gone': ({ meddle }) => {
        meddle('ALTER TABLE entries RENAME TO gone')
        return () => meddle('ALTER TABLE gone RENAME TO entries')
      },
      'another file in its place': ({ file }) => {
        renameSync(file, `${file}.kept`)
        writeFileSync(file, 'another', { mode: 0o600 })
        return () => {
          rmSync(file)
          renameSync(`${file}.kept`, file)
        }
      },
      'a database that others may read': ({ file }) => {
        chmodSync(file, 0o644)
        return () => chmodSync(file, 0o600)
      },
    },
  },
  storePaths('sqlite', { describe, it }),
)
