import { isStoreUnavailable, type TokenStore } from '@evergrant/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startChild } from '../processes/child.ts'
import type { IdleCommand, IdleReport } from './fixtures/idle-command.ts'
import { runFromSource } from './from-source.ts'
import { createMoment } from './moment.ts'
import { openStore, type CreateNetworkPlace } from './place.ts'

const KEY = 'grant/default'
const OTHER_KEY = 'grant/other'
const { signal } = new AbortController()
/** Ms that a call may take where it is to be waited for. */
const IMPATIENT = 250
/** Ms within which connections close, also on a busy machine. */
const PATIENCE = 30_000
const MOST_TRIES = 20

const CALLS: Readonly<Record<string, (store: TokenStore) => Promise<unknown>>> = {
  read: (store) => store.read(KEY),
  write: (store) => store.write(KEY, 1),
  'compare-and-set': (store) => store.write(KEY, 1, { expect: null }),
  delete: (store) => store.delete(KEY),
  lease: (store) => store.lease(KEY, { ttl: 1_000, signal }),
  time: (store) => store.time?.() ?? Promise.resolve(),
}

/** Calls that can be waited for. */
function follow(store: TokenStore, key: string) {
  let next = createMoment()
  const watching = store.watch?.(key, () => {
    next.come()
    next = createMoment()
  })
  return { next: () => next.promise, [Symbol.dispose]: () => watching?.[Symbol.dispose]() }
}

/** Goes on until it succeeds: on a busy machine a call may take longer than an impatient store allows. */
async function firstOf<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      if (!isStoreUnavailable(error) || tries === MOST_TRIES) throw error
    }
  }
}

/** Until the connections stand on which the store hears of changes. */
async function untilHeard(store: TokenStore, listener: { next(): Promise<void> }, key: string): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const called = listener.next()
    await store.write(key, `heard ${round}`)
    await called
  }
}

/** Connections that break, hang and end. */
export function describeConnections(createPlace: CreateNetworkPlace): void {
  describe('connections', () => {
    for (const [name, call] of Object.entries(CALLS)) {
      it(`P12 ${name}: a server that does not answer is waited for within a bound, and used again when it does`, async () => {
        await using place = await createPlace()
        await using store = await openStore(place.opening('proxied'), { timeout: IMPATIENT })
        place.proxy.stall()
        // Once before a connection stands, and once on one that did.
        await expect(call(store)).rejects.toSatisfy(isStoreUnavailable)
        place.proxy.restore()
        await firstOf(() => store.delete(KEY))
        place.proxy.stall()
        await expect(call(store)).rejects.toSatisfy(isStoreUnavailable)
        place.proxy.restore()
        await firstOf(() => store.write(KEY, 'well again'))
        expect((await firstOf(() => store.read(KEY)))?.value).toBe('well again')
      })
    }

    it('P12 a connection that has gone silent is given up for a new one', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('proxied'), { timeout: IMPATIENT })
      const revision = await firstOf(() => store.write(KEY, 1))
      place.proxy.freeze()
      await expect(store.read(KEY)).rejects.toSatisfy(isStoreUnavailable)
      expect(await firstOf(() => store.read(KEY))).toEqual({ value: 1, revision })
    })

    it('a connection that breaks while nothing is under way is replaced without anybody noticing', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('proxied'))
      const revision = await store.write(KEY, 1)
      place.proxy.drop()
      expect(await store.read(KEY)).toEqual({ value: 1, revision })
      place.proxy.drop()
      await store.write(KEY, 2, { expect: revision })
      expect((await store.read(KEY))?.value).toBe(2)
    })

    it('a server that refuses connections is said to be unavailable, and used again when it takes them', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('proxied'))
      await store.write(KEY, 1)
      place.proxy.cut()
      for (const call of Object.values(CALLS)) await expect(call(store)).rejects.toSatisfy(isStoreUnavailable)
      place.proxy.restore()
      expect((await store.read(KEY))?.value).toBe(1)
    })

    it('tells all that is watched when it can hear again, since news may have been lost', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('proxied'))
      await using other = await openStore(place.opening('direct'))
      using first = follow(store, KEY)
      using second = follow(store, OTHER_KEY)
      await untilHeard(other, first, KEY)
      await untilHeard(other, second, OTHER_KEY)
      const both = [first.next(), second.next()]
      place.proxy.cut()
      await other.write(KEY, 'while nobody heard')
      place.proxy.restore()
      await Promise.all(both)
      expect((await store.read(KEY))?.value).toBe('while nobody heard')
      await untilHeard(other, first, KEY)
    })

    it('opens nothing before it is needed, and closes what it hears on with the last who watches', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('proxied'))
      expect(place.proxy.accepted).toBe(0)
      await store.read(KEY)
      const before = place.proxy.connections
      const first = follow(store, KEY)
      const second = follow(store, OTHER_KEY)
      await untilHeard(store, first, KEY)
      expect(place.proxy.connections).toBe(before + 1)
      first[Symbol.dispose]()
      await untilHeard(store, second, OTHER_KEY)
      second[Symbol.dispose]()
      await expect.poll(() => place.proxy.connections, { timeout: PATIENCE }).toBe(before)
      await store.dispose()
      await expect.poll(() => place.proxy.connections, { timeout: PATIENCE }).toBe(0)
    })

    it('P12 a process that watches and waits for nothing ends by itself', { timeout: 60_000 }, async () => {
      await using place = await createPlace()
      runFromSource()
      const program = new URL('fixtures/idle.ts', import.meta.url).pathname
      const child = startChild<IdleCommand, IdleReport>(program, 'the idle process')
      onTestFinished(() => child.kill())
      child.tell({ opening: place.opening('direct'), key: KEY })
      expect(await child.hear()).toEqual({ said: 'watching', value: null })
      expect(await child.end()).toBe(0)
    })
  })
}
