import { describeStoreContract } from '@evergrant/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { keyringStore } from '../src/keyring.ts'
import { removeItems } from './keyring/items.ts'
import { realKeychain } from './keyring/real-keychain.ts'
import type { SecretService } from './keyring/secret-service.ts'

// A call of a keychain takes some ms, and a case makes hundreds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const keychain = realKeychain()

describe('the tests of keyringStore', () => {
  it('have a real keychain wherever that is asked for (CI=true)', () => {
    const leftOut = process.env['CI'] === 'true' ? keychain.reason : ''
    expect(leftOut).toBe('')
  })
})

describe.runIf(keychain.kind !== 'none')('keyringStore on a real keychain', () => {
  let service: SecretService
  beforeAll(async () => {
    service = await keychain.start()
  })
  afterAll(() => service.stop())

  let places = 0
  describeStoreContract(
    'keyringStore',
    () => {
      const name = `evergrant-test-${process.pid}-${(places += 1)}`
      return {
        open: () => keyringStore({ service: name }),
        dispose: () => removeItems(name),
      }
    },
    { describe, it, opensTwice: true },
  )
})
