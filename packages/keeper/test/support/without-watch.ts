import type { TokenStore } from '@evergrant/core'

/** A store that tells nobody of changes. */
export function withoutWatch(store: TokenStore): TokenStore {
  const keys = store.keys?.bind(store)
  return {
    sharing: store.sharing,
    read: (key) => store.read(key),
    write: (key, value, options) => store.write(key, value, options),
    delete: (key, options) => store.delete(key, options),
    lease: (key, options) => store.lease(key, options),
    ...(keys === undefined ? {} : { keys }),
  }
}
