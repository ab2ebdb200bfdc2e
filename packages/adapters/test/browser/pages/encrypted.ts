// A page that seals what its stores keep.
import { memoryStore, type Json, type TokenStore } from '@evergrant/core'
import { encryptedStore, type EncryptedStoreOptions } from '../../../src/encrypted.ts'
import { indexedDbStore } from '../../../src/indexeddb.ts'
import { webStorageStore } from '../../../src/web-storage.ts'
import { outcomeOf, type Outcome } from './outcome.ts'

interface SealedStore {
  readonly over: 'localStorage' | 'IndexedDB' | 'memory'
  readonly with: EncryptedStoreOptions
}

const KEY = 'grant/default'
const memory = memoryStore()
const stores = new Map<string, TokenStore>()

function create({ over, with: options }: SealedStore): TokenStore {
  if (over === 'memory') return encryptedStore(memory, options)
  return encryptedStore(over === 'localStorage' ? webStorageStore() : indexedDbStore(), options)
}

function storeOf(kind: SealedStore): TokenStore {
  const name = JSON.stringify(kind)
  const store = stores.get(name) ?? create(kind)
  stores.set(name, store)
  return store
}

async function told(call: () => Promise<unknown>): Promise<Outcome> {
  const { code, message, help } = await outcomeOf(call)
  return { code, message, help }
}

const program = {
  sharing: (kind: SealedStore) => storeOf(kind).sharing,

  write: (kind: SealedStore, value: Json) => told(() => storeOf(kind).write(KEY, value)),

  /** What it reads; a failure rejects. */
  value: async (kind: SealedStore) => (await storeOf(kind).read(KEY))?.value ?? null,

  /** What comes of reading, of writing and of deleting. */
  async use(kind: SealedStore): Promise<readonly Outcome[]> {
    const store = storeOf(kind)
    return [
      await told(() => store.read(KEY)),
      await told(() => store.write(KEY, 'new')),
      await told(() => store.delete(KEY)),
    ]
  },

  /** Of creation, which tells at once what is missing here. */
  create: (kind: SealedStore) => told(async () => create(kind)),

  /** How often the page was given a turn while a passphrase was made a key. */
  async turns(kind: SealedStore): Promise<number> {
    const { scheduler } = globalThis as unknown as { readonly scheduler: { yield(): Promise<void> } }
    const own = scheduler.yield.bind(scheduler)
    let turns = 0
    scheduler.yield = () => {
      turns += 1
      return own()
    }
    await create(kind).write('grant/other', 'value')
    return turns
  },

  /** Shows the failure of a read in every way that a page has, and lets it go uncaught at last. */
  async show(kind: SealedStore): Promise<string> {
    const { error } = await outcomeOf(() => storeOf(kind).read(KEY))
    console.log('failed', error, storeOf(kind))
    console.error('%s %o', error, error)
    console.dir(error)
    console.table([error])
    reportError(error)
    void Promise.reject(error)
    return JSON.stringify([error, structuredClone(error), { ...(error as object) }, String(error)])
  },
}

export type EncryptedProgram = typeof program
Object.assign(globalThis, { program })
