import type { CanaryRunner } from '@evergrant/testing'

/** Ways in which a server fails lead past the store, and are walked in full with `memoryStore()` and `fileStore()`. */
const EVERY = 6

/** For stores whose calls take their time: all troubles of the store, and some of those of the server. */
export function storePaths({ describe, it }: CanaryRunner): CanaryRunner {
  let others = 0
  return {
    describe,
    it(name, body) {
      const isOfStore = name.startsWith('P11 in a store with')
      if (!isOfStore) others += 1
      return isOfStore || others % EVERY === 1 ? it(name, body) : undefined
    },
  }
}
