import { describeCanaries, type CanaryPlace } from '@evergrant/testing'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { itemName } from '../src/in-process/item-name.ts'
import { keyringStore } from '../src/keyring.ts'
import { openKeychain, type Keychain } from '../src/keyring/keychain.ts'
import { storePaths } from './canaries/store-paths.ts'
import { itemsOf, removeItems } from './keyring/items.ts'
import { realKeychain } from './keyring/real-keychain.ts'
import type { SecretService } from './keyring/secret-service.ts'
import { inNoTime } from './support/standing-time.ts'

// A walk makes dozens of calls of a keychain, of some ms each.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const NAME = itemName('grant/default')

interface KeychainPlace extends CanaryPlace {
  readonly service: string
}

/** Puts something else in the place of the entry, and takes it away again. The person then logs in anew. */
async function planted(keychain: Keychain, text: string): Promise<() => Promise<void>> {
  await keychain.set(NAME, Buffer.from(text))
  return async () => void (await keychain.remove(NAME))
}

const found = realKeychain()

describe.runIf(found.kind !== 'none')('keyringStore on a real keychain', () => {
  let secretService: SecretService
  beforeAll(async () => {
    secretService = await found.start()
  })
  afterAll(() => secretService.stop())

  let places = 0
  describeCanaries<KeychainPlace>(
    'the keychain',
    {
      createPlace: (clock) => {
        const service = `evergrant-canaries-${process.pid}-${(places += 1)}`
        return {
          service,
          open: () => inNoTime(keyringStore({ service }), clock),
          visible: async () => (await itemsOf(service)).map(({ account }) => account),
          dispose: () => removeItems(service),
        }
      },
      troubles: {
        'an item that is no JSON': ({ service }) => planted(openKeychain(service), '{"format":'),
        'an item of a newer version': ({ service }) =>
          planted(openKeychain(service), JSON.stringify({ format: 'evergrant', version: 999 })),
        'an item that misses its parts': ({ service }) => {
          const head = { format: 'evergrant', version: 1, revision: 'r', side: 'a', parts: 2, bytes: 9 }
          return planted(openKeychain(service), JSON.stringify(head))
        },
      },
    },
    storePaths('keyring', { describe, it }),
  )
})
