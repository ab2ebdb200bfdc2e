import { invalidOptions, systemClock, type Clock, type TokenStore } from '@evergrant/core'
import type { Storage } from 'unstorage'
import { createDesk, type Desk } from './in-process/desk.ts'
import { itemName } from './in-process/item-name.ts'
import { itemStore } from './in-process/item-store.ts'
import { checkKnownOptions } from './options/known-options.ts'
import { storageItems } from './unstorage/storage-items.ts'
import { createStorageWatch } from './unstorage/storage-watch.ts'

export interface UnstorageStoreOptions {
  /** Stands before the name of every item, with a `:`. Letters, digits, `-`, `_` and `:` within. Default `evergrant`. */
  readonly prefix?: string
  /**
   * True hears also of changes that come from outside of this process, where the driver reports them. Default false:
   * the watch of some drivers keeps the process alive. That of `fs` does not with `watchOptions: { persistent: false }`.
   */
  readonly watchDriver?: boolean
  /** Ms for one call of the driver, the wait for those before it included. Default 10000. */
  readonly maxWait?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

const KNOWN = ['prefix', 'watchDriver', 'maxWait', 'clock']
const METHODS = ['getItem', 'setItem', 'removeItem', 'watch'] as const
const PREFIX = /^[\w-]+(:[\w-]+)*$/
const DEFAULT_PREFIX = 'evergrant'
const DEFAULT_MAX_WAIT = 10_000

/** By storage, then by prefix: whoever is handed the same storage in this process shares its entries. */
const desks = /* @__PURE__ */ new WeakMap<Storage, Map<string, Desk>>()

/**
 * Keeps accounts in an unstorage `Storage` of any driver, for one process: `unstorageStore(createStorage({ driver }))`.
 * No driver can compare and set, so the store says `sharing: 'process'`, and a session that asks for more is refused with
 * `store-sharing`. Within the process all stores that are given the same Storage object and prefix are one: writes take
 * turns and leases hold between them. Two Storage objects over one driver are two places, and must not share accounts.
 *
 * An entry is one item, `<prefix>:<key>`, with the key spelled so that every driver takes it (`grant/default` becomes
 * `grant__default`):
 *
 * ```json
 * { "format": "evergrant", "version": 1, "key": "<key>", "revision": "<changes with each write>", "value": "<JSON text>" }
 * ```
 *
 * Values are kept in clear, with whatever protection the driver gives; `encryptedStore` seals them. They last as long
 * as the driver keeps them: `memory` and `lru-cache` forget, and a kill in the middle of a write of `fs` leaves half a
 * file (`fileStore` leaves the old one or the new one). Each write is read back before it counts as done.
 *
 * Errors, each with what to do next in `help`:
 * - `store-corrupt`: what is there is no entry of this store, or of a newer version. It is not written over
 * - `store-unavailable`: the driver failed (its error is named, and not quoted: it may tell what was stored), did not
 *   answer in time, or did not keep what was written
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: also for a value that is not JSON
 *
 * @see https://unstorage.unjs.io
 */
export function unstorageStore(storage: Storage, options: UnstorageStoreOptions = {}): TokenStore {
  checkKnownOptions(options, KNOWN)
  if (METHODS.some((method) => typeof storage?.[method] !== 'function')) {
    throw invalidOptions('storage', 'is no Storage of unstorage', 'Pass what createStorage({ driver }) gives.')
  }
  const { prefix = DEFAULT_PREFIX, watchDriver = false, maxWait = DEFAULT_MAX_WAIT, clock = systemClock } = options
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    throw invalidOptions('prefix', 'cannot stand before a name', "Use letters, digits, - and _, e.g. 'evergrant'.")
  }

  const desk = deskOf(storage, prefix)
  const nameOf = (key: string): string => `${prefix}:${itemName(key)}`
  const store = itemStore({
    items: storageItems(storage, nameOf),
    desk,
    place: `the storage (${prefix})`,
    maxWait,
    clock,
  })
  if (!watchDriver) return store

  const follow = createStorageWatch(storage, (name) => {
    for (const key of desk.listeners.keys()) {
      if (nameOf(key) === name) desk.listeners.tell(key)
    }
  })
  return {
    ...store,
    watch(key, changed) {
      const following = follow()
      const listening = desk.listeners.add(key, changed)
      return {
        [Symbol.dispose]() {
          listening[Symbol.dispose]()
          following[Symbol.dispose]()
        },
      }
    },
  }
}

function deskOf(storage: Storage, prefix: string): Desk {
  const byPrefix = desks.get(storage) ?? new Map<string, Desk>()
  desks.set(storage, byPrefix)
  const desk = byPrefix.get(prefix) ?? createDesk()
  byPrefix.set(prefix, desk)
  return desk
}
