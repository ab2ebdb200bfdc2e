import { memoryStore, type TokenStore } from '@evergrant/core'

/** What has been taken from a store and not been given back. */
export interface Taken {
  readonly watches: number
  readonly leases: number
}

/** A memory store that counts who watches it, and who holds a lease. */
export function countingStore(): { readonly store: TokenStore; readonly taken: Taken } {
  const taken = { watches: 0, leases: 0 }
  const inner = memoryStore()
  const store: TokenStore = {
    ...inner,
    async lease(key, options) {
      const lease = await inner.lease(key, options)
      const release = lease.release.bind(lease)
      taken.leases += 1
      let held = true
      // The same object, by which the store knows who holds it.
      return Object.assign(lease, {
        release() {
          if (held) taken.leases -= 1
          held = false
          return release()
        },
      })
    },
    watch(key, changed) {
      const watch = inner.watch?.(key, changed)
      taken.watches += 1
      let watching = true
      return {
        [Symbol.dispose]() {
          if (watching) taken.watches -= 1
          watching = false
          watch?.[Symbol.dispose]()
        },
      }
    },
  }
  return { store, taken }
}
