import { memoryStore, type Lease, type TokenStore } from '@evergrant/core'
import { jsonText } from '../store/json-text.ts'
import { conflict } from '../store/refusals.ts'
import { nonce } from '../tabs/nonce.ts'
import type { Area } from './area.ts'
import { formatItem } from './item.ts'

/** Who waits and who watches, by prefix, for all stores of this page on one `Storage`. What is stored is not in it. */
const rooms = new WeakMap<Storage, Map<string, TokenStore>>()

function roomOf(storage: Storage, prefix: string): TokenStore {
  let byPrefix = rooms.get(storage)
  if (byPrefix === undefined) rooms.set(storage, (byPrefix = new Map()))
  let room = byPrefix.get(prefix)
  if (room === undefined) byPrefix.set(prefix, (room = memoryStore()))
  return room
}

/**
 * A store for the callers of one page, also several instances of it: nothing is read and written in between, so
 * compare-and-set is one step. Others who write the same items are not kept out.
 */
export function oneRealmStore(area: Area, prefix: string): TokenStore {
  const room = (): TokenStore => roomOf(area.storage(), prefix)
  /** Throws `lease-lost`. Under a name that nobody watches. */
  async function confirm(lease: Lease | undefined): Promise<void> {
    if (lease !== undefined) await room().write('', null, { lease })
  }

  function put(key: string, value: string | null, expect: string | null | undefined): string {
    const present = area.get(key)
    const revision = present?.value === undefined ? null : present.revision
    if (expect !== undefined && expect !== revision) throw conflict(key)
    const next = nonce()
    area.set(key, formatItem({ count: (present?.count ?? 0) + 1, revision: next }, value))
    return next
  }

  return {
    sharing: 'process',
    async read(key) {
      const item = area.get(key)
      return item?.value === undefined ? null : { value: item.value, revision: item.revision }
    },
    async write(key, value, { expect, lease } = {}) {
      const text = jsonText(value)
      await confirm(lease)
      const revision = put(key, text, expect)
      await room().write(key, null)
      return revision
    },
    async delete(key, { expect, lease } = {}) {
      await confirm(lease)
      if (expect === undefined && area.get(key)?.value === undefined) return
      put(key, null, expect)
      await room().write(key, null)
    },
    lease: async (key, options) => room().lease(key, options),
    watch: (key, changed) => room().watch?.(key, changed) ?? { [Symbol.dispose]: () => undefined },
  }
}
