import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore, type SqliteStore } from '@evergrant/adapters/sqlite'
import { describeStoreContract } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'

// For slow disks: nothing here waits for time, but every write is synced.
vi.setConfig({ testTimeout: 60_000 })

describeStoreContract(
  'sqliteStore',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'evergrant-'))
    const stores: SqliteStore[] = []
    return {
      open() {
        const store = sqliteStore({ file: join(folder, 'accounts.sqlite') })
        stores.push(store)
        return store
      },
      async dispose() {
        await Promise.all(stores.map((store) => store.dispose()))
        rmSync(folder, { recursive: true })
      },
    }
  },
  { describe, it, opensTwice: true },
)
