import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { fileStore } from '@evergrant/adapters/file'
import { describeStoreContract } from '../../testing/src/store-contract.ts'

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
