import { unavailable } from '../store/failures.ts'
import { refused } from '../tabs/failures.ts'
import { parseItem, type Item } from './item.ts'

/** Items of one store in a `Storage`. All of it is synchronous. */
export interface Area {
  /** `null` if nothing was ever written there. Throws `store-corrupt`, `store-unavailable`. */
  get(key: string): Item | null
  set(key: string, text: string): void
  /** The key behind the name of an item, or `null` if the item is none of this store. */
  keyOf(name: string): string | null
  readonly storage: () => Storage
}

/** `storage` is looked up at each use: a server that renders has none, and a browser may refuse it. */
export function createArea(storage: () => Storage | undefined, prefix: string): Area {
  function attempt<T>(step: string, use: (present: Storage) => T): T {
    let present: Storage | undefined
    try {
      present = storage()
      if (present !== undefined) return use(present)
    } catch (error) {
      throw refused('Web Storage', step, error)
    }
    const help = 'There is none in workers and on servers. In a worker use indexedDbStore(), elsewhere another store.'
    throw unavailable('Web Storage', 'There is no localStorage here', help)
  }

  return {
    get(key) {
      const name = prefix + key
      const text = attempt('read', (present) => present.getItem(name))
      return text === null ? null : parseItem(name, text)
    },
    set: (key, text) => attempt('write', (present) => present.setItem(prefix + key, text)),
    keyOf: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : null),
    storage: () => attempt('open', (present) => present),
  }
}
