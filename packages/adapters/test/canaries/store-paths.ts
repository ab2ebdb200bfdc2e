import type { CanaryRunner } from '@evergrant/testing'

/** Each walks one share of the ways in which a server fails, and all of them together every way. */
const STORES = ['file', 'encrypted', 'unstorage', 'keyring', 'postgres', 'redis', 'sqlite'] as const

/**
 * For stores whose calls take their time: all troubles of the store, and of those of the server each seventh, beginning with
 * another one for each store. So each failure is walked with one of these stores, with faults, echoes and a `fetch` that
 * tells all in turn; with `memoryStore()` all are walked, since they lead past the store.
 */
export function storePaths(store: (typeof STORES)[number], { describe, it }: CanaryRunner): CanaryRunner {
  let others = STORES.indexOf(store)
  return {
    describe,
    it(name, body) {
      const isOfStore = name.startsWith('P11 in a store with')
      if (!isOfStore) others += 1
      return isOfStore || others % STORES.length === 0 ? it(name, body) : undefined
    },
  }
}
