import { invalidOptions, systemClock, type Clock, type TokenStore, type WriteOptions } from '@evergrant/core'
import { createDatabase } from './indexeddb/database.ts'
import { checkEntry, type StoredForm } from './indexeddb/entry.ts'
import { resultOf } from './indexeddb/requests.ts'
import { createSeal, type SealedFor } from './indexeddb/seal.ts'
import { unavailable } from './store/failures.ts'
import { jsonText } from './store/json-text.ts'
import { conflict, leaseLost } from './store/refusals.ts'
import { createChangeChannel } from './tabs/change-channel.ts'
import { createLeases, groundOf } from './tabs/leases.ts'
import { createLocks } from './tabs/locks.ts'
import { nonce } from './tabs/nonce.ts'
import { webLocks } from './tabs/platform.ts'
import { refusingStore } from './tabs/refusing-store.ts'

export interface IndexedDbOptions {
  /** Name of the database. Default `evergrant`. */
  readonly database?: string
  /** Ms that one step may take, e.g. while another tab keeps the database to itself. Default 5000. */
  readonly maxWait?: number
  /** Default: the clock of this page. */
  readonly clock?: Clock
}

const DEFAULT_DATABASE = 'evergrant'
const DEFAULT_MAX_WAIT = 5_000
/** One that is closed between sealing and writing is rare; after two, something is wrong. */
const MOST_CONNECTIONS = 3

/**
 * Keeps accounts in IndexedDB, for all tabs and workers of an origin: `indexedDbStore()`. Values are sealed with AES-GCM
 * (256 bits) under a key that the browser keeps in the same database and gives to no script. So nothing that can be read
 * out of the page, its storage or a copy of its records tells a token. It does not help against who runs code in the page
 * while it is open (a script may use the key, and sees what the page sees), nor against who reads the files of the
 * browser's profile.
 *
 * `sharing: 'host'`. Compare-and-set and the number of a lease are checked in the transaction that writes, so a tab that was
 * frozen and wakes writes nothing over. Leases are Web Locks (https://w3c.github.io/web-locks/), which the browser
 * frees when a tab ends; one that is frozen loses its lease once it has not answered the others for the `ttl`. A write
 * is on the disk when it resolves (`durability: 'strict'`, where the browser knows that).
 *
 * Schema, version 1: `entries` (key → `{ version, revision, iv, sealed }`), `leases` (key → number), `keys` (`seal` → the
 * key). The connection is closed as soon as another tab wants to upgrade or delete the database.
 *
 * Needs a secure context (https or localhost). Errors, each with what to do next in `help`:
 * - `store-unavailable`: no IndexedDB, WebCrypto or Web Locks here (private browsing of some browsers, a page without TLS),
 *   storage blocked or full, or another tab keeps the database to itself for longer than `maxWait`
 * - `store-corrupt`: the database is of another program or a newer version, an entry was tampered with, or the key is gone
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: a value that is not JSON
 */
export function indexedDbStore(options: IndexedDbOptions = {}): TokenStore {
  const { database: name = DEFAULT_DATABASE, maxWait = DEFAULT_MAX_WAIT, clock = systemClock } = options
  if (typeof name !== 'string' || name === '') throw invalidOptions('database', 'is empty', 'Name the database.')
  if (!(maxWait > 0 && maxWait < Infinity)) {
    throw invalidOptions('maxWait', `${maxWait} is no duration`, 'Pass milliseconds.')
  }
  const manager = webLocks()
  if (manager === null || !hasIndexedDb()) return unusable(name)
  const scope = `evergrant/indexeddb/${name}`
  const database = createDatabase({ name, clock, maxWait })
  const seal = createSeal(database, name)
  const changes = createChangeChannel(scope)
  const leases = createLeases({ scope, locks: createLocks(manager, scope, clock), claim })

  /** Numbers rise, so that a write with the lease of an earlier holder is known by its own. */
  function claim(key: string): Promise<number> {
    return database.run('readwrite', ['leases'], async (store) => {
      const last: unknown = await resultOf(store('leases').get(key))
      const number = (typeof last === 'number' ? last : 0) + 1
      await resultOf(store('leases').put(number, key))
      return number
    })
  }

  function find(key: string): Promise<readonly [StoredForm | null, IDBDatabase]> {
    return database.run('readonly', ['entries'], async (store, connection) => [
      checkEntry(name, key, await resultOf(store('entries').get(key))),
      connection,
    ])
  }

  /** Compares and writes in one transaction; `next` null deletes. Gives null, or the connection to seal it for instead. */
  async function change(
    key: string,
    next: (StoredForm & SealedFor) | null,
    { expect, lease }: WriteOptions,
  ): Promise<IDBDatabase | null> {
    const other = await database.run('readwrite', ['entries', 'leases'], async (store, connection) => {
      if (next !== null && next.connection !== connection) return connection
      if (lease !== undefined) {
        const number: unknown = await resultOf(store('leases').get(lease.key))
        if (groundOf(lease).claim !== number) throw leaseLost(lease.key)
      }
      const found = checkEntry(name, key, await resultOf(store('entries').get(key)))
      if (expect !== undefined && expect !== (found?.revision ?? null)) throw conflict(key)
      if (next === null) await resultOf(store('entries').delete(key))
      else {
        const { connection: _, ...entry } = next
        await resultOf(store('entries').put(entry, key))
      }
      return null
    })
    if (other === null) changes.tell({ key, revision: next?.revision ?? null })
    return other
  }

  return {
    sharing: 'host',
    async read(key) {
      const [found, connection] = await find(key)
      if (found === null) return null
      const { revision } = found
      return { value: await seal.open({ key, revision }, found, connection), revision }
    },
    async write(key, value, options = {}) {
      const text = jsonText(value)
      const revision = nonce()
      let connection: IDBDatabase | null | undefined
      for (let tries = 0; tries < MOST_CONNECTIONS; tries += 1) {
        // Before the transaction, which would end while it waits.
        const sealed = await seal.close({ key, revision }, text, connection ?? undefined)
        connection = await change(key, { version: 1, revision, ...sealed }, options)
        if (connection === null) return revision
      }
      throw unavailable(name, 'The database is deleted or closed again and again', 'Nothing was written. Try again.')
    },
    delete: async (key, options = {}) => void (await change(key, null, options)),
    lease: leases.acquire,
    watch: changes.watch,
  }
}

function hasIndexedDb(): boolean {
  return (globalThis as { indexedDB?: IDBFactory }).indexedDB !== undefined
}

function unusable(name: string): TokenStore {
  return refusingStore('process', () => {
    const [what, help] = hasIndexedDb()
      ? ['There are no Web Locks here: the page is no secure context', 'Serve the page over https or from localhost.']
      : ['There is no IndexedDB here', 'There is none on servers. Use memoryStore() there, or another store.']
    throw unavailable(name, what, help)
  })
}
