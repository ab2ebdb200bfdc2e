import type { TokenStore } from '@evergrant/core'
import type { VirtualClock } from '@evergrant/testing'

/**
 * The store, with virtual time standing still while it is in use: one that reaches a real place takes real time, and
 * whoever moves the clock does not know of it. Not so while it waits for a lease, which only time may end.
 */
export function inNoTime(store: TokenStore, clock: VirtualClock): TokenStore {
  return {
    ...store,
    read: (key) => clock.during(store.read(key)),
    write: (key, value, options) => clock.during(store.write(key, value, options)),
    delete: (key, options) => clock.during(store.delete(key, options)),
  }
}
