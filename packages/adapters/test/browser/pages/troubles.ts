// A page, or a worker, whose stores get into trouble. Says what came of it, and whether a secret can be seen in that.
import { createSystemClock, type Clock, type TokenStore } from '@evergrant/core'
import { findCanaries, plantCanaries } from '@evergrant/testing'
import { indexedDbStore } from '../../../src/indexeddb.ts'
import { webStorageStore } from '../../../src/web-storage.ts'
import { outcomeOf, type Outcome } from './outcome.ts'

type StoreKind =
  | 'localStorage'
  | 'hasty localStorage'
  | 'sessionStorage'
  | 'one tab'
  | 'IndexedDB'
  | 'impatient IndexedDB'

interface SearchedOutcome extends Outcome {
  /** Where a secret can be seen. */
  readonly leaks: readonly string[]
}

const KEY = 'grant/default'
const canaries = plantCanaries()
const value = { refreshToken: canaries.plant('refresh token'), clientSecret: canaries.plant('client secret') }
let next: Promise<'changed'> | undefined
const stores = new Map<StoreKind, TokenStore>()

/** Ten times as fast as the page's own. */
const hasty: Clock = createSystemClock({
  readMonotonic: () => performance.now() * 10,
  setTimer: (run, delay) => setTimeout(run, delay / 10),
})

function create(kind: StoreKind): TokenStore {
  if (kind === 'localStorage') return webStorageStore()
  if (kind === 'hasty localStorage') return webStorageStore({ clock: hasty })
  if (kind === 'sessionStorage') return webStorageStore({ storage: sessionStorage })
  if (kind === 'one tab') return webStorageStore({ oneTab: true })
  return indexedDbStore(kind === 'IndexedDB' ? {} : { maxWait: 500 })
}

function storeOf(kind: StoreKind): TokenStore {
  let store = stores.get(kind)
  if (store === undefined) stores.set(kind, (store = create(kind)))
  return store
}

async function searched(call: () => Promise<unknown>): Promise<SearchedOutcome> {
  const { error, ...outcome } = await outcomeOf(call)
  return { ...outcome, leaks: findCanaries(error, canaries).map(({ place }) => place) }
}

const program = {
  sharing: (kind: StoreKind) => storeOf(kind).sharing,

  /** Of creation too, which never fails for what the platform lacks. */
  read: (kind: StoreKind) => searched(() => storeOf(kind).read(KEY)),

  write: (kind: StoreKind) => searched(() => storeOf(kind).write(KEY, value)),

  lease: (kind: StoreKind) =>
    searched(async () => {
      const lease = await storeOf(kind).lease(KEY, { ttl: 10_000, signal: new AbortController().signal })
      await storeOf(kind).write(KEY, value, { lease })
      await lease.release()
    }),

  /** Whether what is stored is what was written. */
  async isWhole(kind: StoreKind): Promise<boolean> {
    return JSON.stringify((await storeOf(kind).read(KEY))?.value) === JSON.stringify(value)
  },

  writeBig: (kind: StoreKind) => searched(() => storeOf(kind).write(KEY, { ...value, big: 'x'.repeat(6_000_000) })),

  /** Begins to read, long before the item becomes what it is to be; gives what was read. */
  async readBeforeArrival(name: string, text: string): Promise<unknown> {
    const reading = storeOf('localStorage').read(KEY)
    for (let round = 0; round < 20; round += 1) await navigator.locks.query()
    localStorage.setItem(name, text)
    return (await reading)?.value
  },

  /** From now on; `told` resolves with the next change. */
  watch(kind: StoreKind): void {
    next = new Promise((resolve) => {
      const watching = storeOf(kind).watch?.(KEY, () => {
        watching?.[Symbol.dispose]()
        resolve('changed')
      })
    })
  },

  told: () => next,

  /** As the names of the secrets. */
  secretsIn: (text: string) => canaries.find(text).map(({ canary }) => canary),

  /** The same call in a worker. */
  inWorker: (name: 'read' | 'write' | 'lease', kind: StoreKind) =>
    new Promise<SearchedOutcome>((resolve, reject) => {
      const worker = new Worker('/page.js', { name: `${name} ${kind}` })
      worker.addEventListener('message', ({ data }: MessageEvent<SearchedOutcome>) => {
        worker.terminate()
        resolve(data)
      })
      worker.addEventListener('error', reject)
    }),
}

async function workOff(order: string): Promise<void> {
  const [name, kind] = order.split(' ') as ['read' | 'write' | 'lease', StoreKind]
  const { postMessage } = globalThis as unknown as { postMessage: (message: unknown) => void }
  postMessage(await program[name](kind))
}

if (!('document' in globalThis)) void workOff((globalThis as unknown as { name: string }).name)

export type TroublesProgram = typeof program
Object.assign(globalThis, { program })
