import { systemClock, type Clock, type TokenStore } from '@evergrant/core'
import { describeCanaries, type CanarySubject, type VirtualClock } from '@evergrant/testing'
import { encryptedStore } from '../../src/encrypted.ts'
import { indexedDbStore } from '../../src/indexeddb.ts'
import { webStorageStore } from '../../src/web-storage.ts'
import { inNoTime } from '../support/standing-time.ts'
import { dumpHere } from './meddling.ts'
import { inPage, type PagePlace } from './page-place.ts'
import { blockStorage, deleteDatabase, fillStorage, meddled, planted, replaced } from './storage-troubles.ts'
import type { SuiteRunner } from './suites.ts'

/** Nobody else is after the lease, so that it comes by itself. */
function held(store: TokenStore, clock: VirtualClock): TokenStore {
  return { ...inNoTime(store, clock), lease: (key, options) => clock.during(store.lease(key, options)) }
}

function sealed(name: string, clock: Clock, passphrase = 'an invented passphrase'): TokenStore {
  return encryptedStore(webStorageStore({ prefix: name, clock }), { passphrase, kdfCost: 10 })
}

/** What lies there in clear is for every script of the page, as its documents say; so are no other places. */
const plainItems: CanarySubject<PagePlace> = {
  createPlace: (clock) => inPage((name) => ({ open: () => held(webStorageStore({ prefix: name, clock }), clock) })),
  troubles: {
    'an item that is cut in the middle': replaced((text) => text.slice(0, text.length / 2)),
    'an item that is a text': replaced((text) => JSON.stringify(text)),
    'an item of a newer version': replaced((text) => text.replace('"version":1', '"version":999')),
    'no room left': fillStorage,
    'storage that the browser blocks': blockStorage,
  },
}

/** All that was ever stored is looked through. */
const sealedItems: CanarySubject<PagePlace> = {
  createPlace: (clock) =>
    inPage((name, { stored }) => ({ open: () => held(sealed(name, clock), clock), visible: () => stored })),
  troubles: {
    'an entry that another passphrase has sealed': planted((name) => sealed(name, systemClock, 'another passphrase')),
    'an entry that is not sealed': planted((name) => webStorageStore({ prefix: name })),
    'an entry that was tampered with': replaced((text) => text.replace(/"sealed":"..../, '"sealed":"AAAA')),
    'an entry that is cut': replaced((text) => text.replace(/"sealed":"[^"]*/, '"sealed":"')),
    'a seal of a newer version': replaced((text) => text.replace('"version":1,"cipher"', '"version":999,"cipher"')),
  },
}

const database: CanarySubject<PagePlace> = {
  createPlace: (clock) =>
    inPage((name) => ({
      open: () => held(indexedDbStore({ database: name, clock }), clock),
      visible: () => dumpHere(name),
      dispose: () => deleteDatabase(name),
    })),
  troubles: {
    'an entry that was tampered with': meddled('tamper'),
    'an entry in the place of a later one': meddled('swap'),
    'an entry of a newer version': meddled('newer entry'),
    'a key that is gone': meddled('drop the key'),
    'a database that a newer page has upgraded': meddled('nothing', 2),
  },
}

const SUBJECTS: Readonly<Record<string, CanarySubject<PagePlace>>> = {
  'localStorage in a page': plainItems,
  'localStorage in a page, sealed': sealedItems,
  'IndexedDB in a page': database,
}

/** What can go wrong with a store of a page is walked in full; of all other failures, which lead past it, one in so many. */
export function registerCanaries({ describe, it }: SuiteRunner, every = 1): void {
  let others = 0
  for (const [name, subject] of Object.entries(SUBJECTS)) {
    const own = Object.keys(subject.troubles ?? {})
    describeCanaries(name, subject, {
      describe,
      it(title, body) {
        const isOwn = own.some((trouble) => title.endsWith(trouble))
        if (!isOwn) others += 1
        return isOwn || others % every === 1 % every ? it(title, body) : undefined
      },
    })
  }
}
