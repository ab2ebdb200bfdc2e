import { EvergrantError, type Json, type Lease, type TokenStore } from '@evergrant/core'

/** What goes wrong with a store while it has trouble. Whatever is missing works. */
export type StoreTrouble = (store: TokenStore) => Partial<TokenStore>

/** A store that gets into trouble and out of it again. */
export interface TroubledStore extends TokenStore {
  trouble: StoreTrouble | null
  /** Calls of the store itself that are under way. */
  readonly busy: number
  /** Calls that have begun or ended so far. */
  readonly calls: number
}

export function troubledStore(store: TokenStore): TroubledStore {
  let busy = 0
  let calls = 0
  async function follow<T>(call: Promise<T>): Promise<T> {
    busy += 1
    calls += 1
    try {
      return await call
    } finally {
      busy -= 1
      calls += 1
    }
  }
  const { sharing } = store
  const watch = store.watch?.bind(store)
  const followed: TokenStore = {
    sharing,
    read: (key) => follow(store.read(key)),
    write: (key, value, options) => follow(store.write(key, value, options)),
    delete: (key, options) => follow(store.delete(key, options)),
    lease: (key, options) => follow(store.lease(key, options)),
  }

  const troubled: TroubledStore = {
    trouble: null,
    get busy() {
      return busy
    },
    get calls() {
      return calls
    },
    sharing,
    read: (key) => present().read(key),
    write: (key, value, options) => present().write(key, value, options),
    delete: (key, options) => present().delete(key, options),
    lease: (key, options) => present().lease(key, options),
    ...(watch === undefined ? {} : { watch }),
  }
  const present = (): TokenStore => ({ ...followed, ...troubled.trouble?.(followed) })
  return troubled
}

/** As a database driver would: with the statement and its parameters. */
function tellAll(key: string, value: unknown): Error {
  const parameters = [key, JSON.stringify(value)]
  return Object.assign(new Error(`UPSERT ${parameters.join()} failed`, { cause: { parameters } }), { parameters })
}

function spoiled(spoil: (value: Json) => Json): StoreTrouble {
  return (store) => ({
    async read(key) {
      const entry = await store.read(key)
      return entry === null ? null : { ...entry, value: spoil(entry.value) }
    },
  })
}

const conflict = (key: string) =>
  new EvergrantError('store-conflict', { message: `${key} has changed`, help: 'Read again.', details: { key } })
const lost = (key: string) =>
  new EvergrantError('lease-lost', { message: `The lease of ${key} is lost`, help: 'Ask again.', details: { key } })

/** What can go wrong with any store, by name. */
export const STORE_TROUBLES: Readonly<Record<string, StoreTrouble>> = {
  'a read that fails and tells what is stored': (store) => ({
    async read(key) {
      throw tellAll(key, await store.read(key))
    },
  }),
  'a write that fails and tells what was to be stored': () => ({
    write: (key, value) => Promise.reject(tellAll(key, value)),
  }),
  'a write that is done, and fails nevertheless': (store) => ({
    async write(key, value, options) {
      await store.write(key, value, options)
      throw tellAll(key, value)
    },
  }),
  'a conflict with every write': () => ({ write: (key) => Promise.reject(conflict(key)) }),
  'a lease that fails and tells what is stored': (store) => ({
    async lease(key) {
      throw tellAll(key, await store.read(key))
    },
  }),
  'a lease that does not come': () => ({ lease: (key, { signal }) => untilAborted(signal) }),
  'a lease that is lost at once': (store) => ({
    async lease(key, options): Promise<Lease> {
      const lease = await store.lease(key, options)
      return { key, signal: AbortSignal.abort(lost(key)), release: () => lease.release() }
    },
    write: (key) => Promise.reject(lost(key)),
  }),
  'a damaged record': spoiled((value) => ({ version: 1, grant: [value], credentials: value })),
  'a record that is a text': spoiled((value) => JSON.stringify(value)),
  'a record of a newer version': spoiled((value) => ({ version: 999, value })),
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
  })
}
