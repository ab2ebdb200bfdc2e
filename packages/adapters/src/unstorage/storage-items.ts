import { isEvergrantError } from '@evergrant/core'
import type { Storage } from 'unstorage'
import { failureName } from '../http/failure-name.ts'
import type { Items } from '../in-process/item-store.ts'
import { formatItem, parseItem, type Item } from '../in-process/item.ts'
import { unavailable } from '../store/failures.ts'

/**
 * Items in a Storage, each read back after it was changed: some drivers drop writes and deletes in silence (read-only
 * ones do), or swallow what the system refused.
 */
export function storageItems(storage: Storage, nameOf: (key: string) => string): Items {
  async function load(key: string): Promise<Item | null> {
    const name = nameOf(key)
    const found = await attempt(name, 'read', () => storage.getItem<unknown>(name))
    if (found === null || found === undefined) return null
    // The drivers for files give an error of the system as if it were what they had read.
    if (found instanceof Error) throw refused(name, 'read', found)
    return parseItem(name, key, found)
  }

  return {
    load,
    async save(key, item) {
      const name = nameOf(key)
      await attempt(name, 'write', () => storage.setItem(name, formatItem(key, item)))
      const kept = await load(key)
      if (kept?.revision !== item.revision || kept.text !== item.text) throw notDone(name, 'keep what was written')
    },
    async remove(key) {
      const name = nameOf(key)
      await attempt(name, 'delete', () => storage.removeItem(name))
      if ((await load(key)) !== null) throw notDone(name, 'delete it')
    },
  }
}

async function attempt<T>(name: string, step: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isEvergrantError(error)) throw error
    throw refused(name, step, error)
  }
}

function refused(name: string, step: string, error: unknown): Error {
  const help = 'The driver of the storage refused. Look at what it needs: its server, its folder, its rights.'
  return unavailable(name, `Cannot ${step} ${name} (${failureName(error)})`, help)
}

function notDone(name: string, what: string): Error {
  const help =
    'Its driver reported no failure. Look whether it is read-only, evicts what it keeps, or reads from a cache or a ' +
    'replica that lags behind.'
  return unavailable(name, `The storage did not ${what}: ${name}`, help)
}
