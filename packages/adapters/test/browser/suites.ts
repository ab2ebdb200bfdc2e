import { describeStoreContract, type StorePlace } from '@evergrant/testing'
import { encryptedStore, type EncryptedStoreOptions } from '../../src/encrypted.ts'
import { indexedDbStore } from '../../src/indexeddb.ts'
import { webStorageStore } from '../../src/web-storage.ts'

/** How a suite registers its cases. */
export interface SuiteRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

let places = 0

function inStorage(kind: 'localStorage' | 'sessionStorage'): StorePlace {
  places += 1
  const prefix = `contract-${places}:`
  return {
    open: () => webStorageStore({ storage: globalThis[kind], prefix }),
    dispose() {
      for (const name of Object.keys(globalThis[kind])) {
        if (name.startsWith(prefix)) globalThis[kind].removeItem(name)
      }
    },
  }
}

/** Sealed on top of what another place keeps. */
function sealed(place: StorePlace, options: EncryptedStoreOptions): StorePlace {
  return { ...place, open: () => encryptedStore(place.open(), options) }
}

function inDatabase(): StorePlace {
  places += 1
  const database = `contract-${places}`
  return {
    open: () => indexedDbStore({ database }),
    dispose: () => void indexedDB.deleteDatabase(database),
  }
}

/** The suites that run in a page, written once for the page, which runs them, and for the test runner, which names them. */
export function registerSuites({ describe, it }: SuiteRunner): void {
  describeStoreContract('localStorage', () => inStorage('localStorage'), { describe, it, opensTwice: true })
  describeStoreContract('sessionStorage', () => inStorage('sessionStorage'), { describe, it, opensTwice: true })
  describeStoreContract('IndexedDB', inDatabase, { describe, it, opensTwice: true })
  const passphrase = { passphrase: 'an invented passphrase', kdfCost: 10 }
  describeStoreContract('localStorage, sealed with a passphrase', () => sealed(inStorage('localStorage'), passphrase), {
    describe,
    it,
    opensTwice: true,
  })
}
