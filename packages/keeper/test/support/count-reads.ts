import type { TokenStore } from '@evergrant/core'

/** A store that counts how often it is read. */
export function countReads(inner: TokenStore): { readonly store: TokenStore; readonly reads: () => number } {
  let reads = 0
  const store: TokenStore = {
    ...inner,
    read(key) {
      reads += 1
      return inner.read(key)
    },
  }
  return { store, reads: () => reads }
}
