import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { describeStoreContract } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'

// For slow disks: nothing here waits for time, but every write is synced.
vi.setConfig({ testTimeout: 60_000 })

describeStoreContract(
  'fileStore',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'evergrant-'))
    return {
      open: () => fileStore(join(folder, '.secrets')),
      dispose: () => rmSync(folder, { recursive: true }),
    }
  },
  { describe, it, opensTwice: true },
)
