import type { Clock, TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'

/** Looks without a call after which whoever used the store is done with it, rather than between two calls. */
const LOOKS = 10

/**
 * The store, with virtual time standing still while it is in use: one that reaches a real place takes real time, and
 * whoever moves the clock does not know of it.
 */
export function whileTimeStandsStill(store: TokenStore, clock: Clock): TokenStore {
  if (!(clock instanceof VirtualClock)) throw new TypeError('not a virtual clock')
  const virtual: VirtualClock = clock
  let busy = 0
  let quiet = 0
  let holding = false

  function isOver(): boolean {
    quiet = busy === 0 ? quiet + 1 : 0
    return quiet > LOOKS
  }

  function still<T>(call: Promise<T>): Promise<T> {
    busy += 1
    quiet = 0
    const end = (): void => {
      busy -= 1
    }
    call.then(end, end)
    if (!holding) {
      holding = true
      const letGo = (): void => {
        holding = false
      }
      // What takes longer than the clock's patience goes on without it.
      virtual.settleUntil(isOver).then(letGo, letGo)
    }
    return call
  }

  return {
    ...store,
    read: (key) => still(store.read(key)),
    write: (key, value, options) => still(store.write(key, value, options)),
    delete: (key, options) => still(store.delete(key, options)),
  }
}
