import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { memoryStore } from '@evergrant/core'
import { describeStoreContract } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { encryptedStore, type EncryptedStoreOptions } from '../src/encrypted.ts'

vi.setConfig({ testTimeout: 60_000 })

const WAYS: Readonly<Record<string, EncryptedStoreOptions>> = {
  'a key': { key: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' },
  'a passphrase': { passphrase: 'an invented passphrase', kdfCost: 10 },
}

for (const [name, options] of Object.entries(WAYS)) {
  describeStoreContract(
    `encryptedStore over memoryStore, with ${name}`,
    () => {
      const inner = memoryStore()
      return { open: () => encryptedStore(inner, options) }
    },
    { describe, it, opensTwice: true },
  )

  describeStoreContract(
    `encryptedStore over fileStore, with ${name}`,
    () => {
      const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-encrypted-'))
      return {
        open: () => encryptedStore(fileStore(join(folder, '.secrets')), options),
        dispose: () => rmSync(folder, { recursive: true }),
      }
    },
    { describe, it, opensTwice: true },
  )
}
