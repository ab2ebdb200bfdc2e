// One tab of an application: a session on a store that it shares with the other tabs. Its time is moved from outside.
import {
  isEvergrantError,
  systemClock,
  type Clock,
  type Json,
  type Lease,
  type SessionState,
  type TokenStore,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { filter, firstValueFrom } from 'rxjs'
import { encryptedStore } from '../../../src/encrypted.ts'
import { indexedDbStore } from '../../../src/indexeddb.ts'
import { webStorageStore } from '../../../src/web-storage.ts'
import { openBot, type Bot, type Life, type Lived } from '../../siblings/bot.ts'

export type SharedStore = 'localStorage' | 'sealed localStorage' | 'IndexedDB'

interface OpenOptions {
  readonly store: SharedStore
  readonly clientSecret: string
  readonly refreshToken: string
  /** Epoch ms. */
  readonly now: number
  /** Ms. */
  readonly leaseTtl: number
}

interface OpenTab extends Bot {
  readonly kind: SharedStore
  readonly store: TokenStore
}

let tab: OpenTab | undefined
const leases = new Map<string, Lease>()

function present(): OpenTab {
  if (tab === undefined) throw new Error('Nothing is open')
  return tab
}

async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return 'ok'
  } catch (error) {
    return isEvergrantError(error) ? error.code : (error as Error).name
  }
}

function createStore(kind: SharedStore, clock: Clock): TokenStore {
  if (kind === 'IndexedDB') return indexedDbStore({ clock })
  const items = webStorageStore({ clock })
  if (kind === 'localStorage') return items
  return encryptedStore(items, { passphrase: 'an invented passphrase', kdfCost: 10 })
}

/** Time for what is under way with other tabs. */
async function roundTrips(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await navigator.locks.query()
}

const program = {
  open({ store: kind, clientSecret, refreshToken, now, leaseTtl }: OpenOptions): void {
    const clock = new VirtualClock({ now })
    // On the clock of the page: its waits for other tabs are real.
    const store = createStore(kind, systemClock)
    const baseUrl = `${location.origin}/api`
    tab = { ...openBot({ baseUrl, clientSecret, refreshToken, store, sharing: 'host', clock, leaseTtl }), kind, store }
  },

  live: (life: Life): Promise<Lived> => present().live(life),

  /** Asks once; resolves with the generation of the token, or a code. */
  async ask(): Promise<number | string> {
    try {
      return (await present().session.getToken({ maxWait: Number.MAX_SAFE_INTEGER })).generation
    } catch (error) {
      return isEvergrantError(error) ? error.code : String(error)
    }
  },

  status: () => {
    const { state, generation, reason } = present().session.getSnapshot()
    return { state, generation, reason }
  },

  async reach(state: SessionState): Promise<void> {
    await firstValueFrom(present().session.status$.pipe(filter((now) => now.state === state)))
  },

  signOut: () => present().session.signOut(),

  /** What the store itself does, without a session. */
  async read(key: string): Promise<Json> {
    return (await present().store.read(key))?.value ?? null
  },

  write: (key: string, value: Json) => outcomeOf(() => present().store.write(key, value)),

  async lease(key: string, ttl: number): Promise<void> {
    leases.set(key, await present().store.lease(key, { ttl, signal: new AbortController().signal }))
  },

  isLost: (key: string): boolean => leases.get(key)?.signal.aborted ?? false,

  writeUnderLease(key: string, value: Json): Promise<string> {
    const lease = leases.get(key)
    return outcomeOf(() => present().store.write(key, value, lease === undefined ? {} : { lease }))
  },

  /** Resolves after so many ms of the page. */
  outlast: (ms: number) =>
    new Promise<void>((resolve) => void systemClock.alarm(systemClock.monotonic() + ms, () => resolve())),

  /** What the browser has for this origin by way of locks, apart from signs of what was written. */
  async locks(): Promise<readonly string[]> {
    const { held = [], pending = [] } = await navigator.locks.query()
    return [...held, ...pending].flatMap(({ name = '' }) => (name.includes('/wrote/') ? [] : [name]))
  },

  /**
   * So many stores of this tab wait for one lease, and all look after its holder at the very same moments, since time
   * stands still in between. Gives what came of a write with the lease, for each.
   */
  async rivals(count: number, key: string, ttl: number): Promise<readonly string[]> {
    const clock = new VirtualClock()
    let ended = 0
    const outcomes = Array.from({ length: count }, async () => {
      const rival = createStore(present().kind, clock)
      const lease = await rival.lease(key, { ttl, signal: new AbortController().signal })
      // Long enough for another to come in between.
      await roundTrips(20)
      const outcome = await outcomeOf(() => rival.write(key, 'mine', { lease }))
      await lease.release()
      ended += 1
      return outcome
    })
    const pass = async (): Promise<void> => {
      await clock.advance(ttl / 20)
      await roundTrips(20)
      if (ended < count) await pass()
    }
    await pass()
    return Promise.all(outcomes)
  },

  /** From now on this tab does not hear of it when a lease is taken away, as if the news were long on its way. */
  deafen(): void {
    const request = navigator.locks.request.bind(navigator.locks) as (...all: readonly unknown[]) => Promise<unknown>
    Object.assign(navigator.locks, {
      request: (name: string, ...rest: readonly unknown[]) => {
        const requested = request(name, ...rest)
        return name.includes('/lease/')
          ? new Promise((resolve) => void requested.then(resolve, () => undefined))
          : requested
      },
    })
  },

  release: async (key: string) => leases.get(key)?.release(),

  /** Adds to a counter so many times, by compare-and-set alone; gives the numbers that this tab has written. */
  async count(key: string, times: number): Promise<readonly number[]> {
    const { store } = present()
    const written: number[] = []
    while (written.length < times) {
      const entry = await store.read(key)
      const next = Number(entry?.value ?? 0) + 1
      const outcome = await outcomeOf(() => store.write(key, next, { expect: entry?.revision ?? null }))
      if (outcome === 'ok') written.push(next)
      else if (outcome !== 'store-conflict') throw new Error(outcome)
    }
    return written
  },

  /** The same under leases, without compare-and-set: only if no two hold the lease at once, nothing is lost. */
  async countUnderLease(key: string, times: number, ttl: number): Promise<void> {
    const { store } = present()
    for (let time = 0; time < times; time += 1) {
      const lease = await store.lease(key, { ttl, signal: new AbortController().signal })
      const entry = await store.read(key)
      await store.write(key, Number(entry?.value ?? 0) + 1, { lease })
      await lease.release()
    }
  },
}

export type TabProgram = typeof program
Object.assign(globalThis, { program })
