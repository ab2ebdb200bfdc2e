import { invalidOptions, systemClock, type Clock, type TokenStore } from '@evergrant/core'
import { unavailable } from './store/failures.ts'
import { webLocks } from './tabs/platform.ts'
import { refusingStore } from './tabs/refusing-store.ts'
import { createArea, type Area } from './web-storage/area.ts'
import { oneRealmStore } from './web-storage/one-realm.ts'
import { sharedTabsStore } from './web-storage/shared-tabs.ts'

export interface WebStorageOptions {
  /** `localStorage` or `sessionStorage` of this window. Default `localStorage`, looked up at each use. */
  readonly storage?: Storage
  /** Begins the name of each item. Default `evergrant:`. */
  readonly prefix?: string
  /**
   * True promises that no two tabs, windows or frames of this origin ever have the store open at once, as in a kiosk.
   * Only where there are no Web Locks it changes anything: then `localStorage` is refused without it. Default false.
   */
  readonly oneTab?: boolean
  /** Default: the clock of this page. */
  readonly clock?: Clock
}

const DEFAULT_PREFIX = 'evergrant:'

/**
 * Keeps accounts in `localStorage`, for all tabs of an origin, or in `sessionStorage`, for one tab. An item is named
 * `evergrant:<key>` and holds `{ "version": 1, "count": <grows>, "revision": "<changes>", "value": <JSON> }`; `value` is
 * missing once the entry is deleted.
 *
 * **What is stored can be read by every script of the page**: one successful cross-site scripting, or one dependency gone
 * bad, takes the refresh token away for good. `indexedDbStore()` of `@evergrant/adapters/indexeddb` seals what it stores
 * with a key that no script can read, survives a crash of the whole browser, and works in workers; prefer it.
 *
 * - `localStorage`: `sharing: 'host'`. Leases and writes are guarded by Web Locks
 *   (https://w3c.github.io/web-locks/), which the browser frees when a tab ends. A tab that is frozen while it holds a
 *   lease loses it once it has not answered the others for the `ttl`. Without Web Locks (a page that is no secure
 *   context, or a browser from before 2022) nothing can keep tabs apart: every call rejects with `store-unavailable`, or,
 *   with `oneTab`, the store says `sharing: 'process'`.
 * - `sessionStorage`: `sharing: 'process'`. It belongs to one tab; frames of the same origin in that tab share it unguarded.
 *
 * A write survives the end of the tab at once, and that of the browser some seconds later, when the browser saves it.
 *
 * Errors, each with what to do next in `help`:
 * - `store-unavailable`: no storage here (a worker, a server), blocked, or full (the name in the message says what)
 * - `store-corrupt`: an item that this version did not write. It is left as it is, and not written over
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: a value that is not JSON
 */
export function webStorageStore(options: WebStorageOptions = {}): TokenStore {
  const { storage, prefix = DEFAULT_PREFIX, oneTab = false, clock = systemClock } = options
  if (typeof prefix !== 'string' || prefix === '') {
    throw invalidOptions('prefix', 'is empty', `Other items of the page need to be told apart, e.g. by 'my-app:'.`)
  }
  const kind = kindOf(storage)
  const area = createArea(() => storage ?? (globalThis as { localStorage?: Storage }).localStorage, prefix)
  const manager = webLocks()
  if (kind === 'session' || (manager === null && oneTab)) return oneRealmStore(area, prefix)
  if (manager === null) return unguarded(area)
  return sharedTabsStore({ area, manager, scope: `evergrant/local-storage/${prefix}`, clock })
}

function kindOf(storage: Storage | undefined): 'local' | 'session' {
  if (storage === undefined) return 'local'
  for (const kind of ['local', 'session'] as const) {
    try {
      if (storage === globalThis[`${kind}Storage`]) return kind
    } catch {
      // Blocked: then it is not the one that was handed in.
    }
  }
  const help = 'Who shares another one cannot be known. For other places use unstorageStore(), or a store of your own.'
  throw invalidOptions('storage', 'is neither localStorage nor sessionStorage of this window', help)
}

/** Refuses to work, rather than let tabs spend the same refresh token. */
function unguarded(area: Area): TokenStore {
  return refusingStore('process', () => {
    area.storage()
    const help =
      'Serve the page over https or from localhost; or pass { storage: sessionStorage }, or { oneTab: true } if there is ' +
      'never more than one.'
    throw unavailable(
      'localStorage',
      'Tabs share localStorage, and there are no Web Locks here to keep them apart',
      help,
    )
  })
}
