import type { CanaryRunner } from '@evergrant/testing'
import { whole } from '../../../../tools/extent.ts'

/** Each walks one share of the ways in which a server fails, and all of them together every way. */
const STORES = ['file', 'encrypted', 'unstorage', 'keyring', 'postgres', 'redis', 'sqlite'] as const

/**
 * For stores whose calls take their time: each second trouble of the store, and of those of the server each seventh,
 * beginning with another one for each store. So each failure is walked with one of these stores, with faults, echoes and a
 * `fetch` that tells all in turn; with `memoryStore()` all are walked, since they lead past the store.
 */
export function storePaths(store: (typeof STORES)[number], { describe, it }: CanaryRunner): CanaryRunner {
  let others = STORES.indexOf(store)
  let ofStore = STORES.indexOf(store)
  // What happens between a store and the session is the same with every store. A keychain takes seconds for a walk.
  const everyOfStore = whole ? 1 : store === 'keyring' ? 4 : 2
  return {
    describe,
    it(name, body) {
      const isItsOwn = name.startsWith('P11 in a store with an item')
      const isOfStore = name.startsWith('P11 in a store with')
      if (isOfStore) ofStore += 1
      else others += 1
      const chosen = isOfStore ? isItsOwn || ofStore % everyOfStore === 0 : others % STORES.length === 0
      return chosen ? it(name, body) : undefined
    },
  }
}
