import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isInvalidOptions, isLeaseLost, isStoreCorrupt, type Lease, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { Owner } from '../src/file/owner.ts'
import { deadOwner, plantLock, strangeOwner } from './support/planted-owner.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const TTL = 30_000
const HOUR = 3_600_000

function setUp() {
  const path = join(temporaryFolder(), '.secrets')
  const clock = new VirtualClock()
  return { path, clock, store: fileStore(path, { clock }), files: () => readdirSync(join(path, '..')).toSorted() }
}

function take(store: TokenStore, ttl = TTL): Promise<Lease> {
  return store.lease(KEY, { ttl, signal: new AbortController().signal })
}

interface Entry {
  readonly owner: Owner
  readonly renewals: number
  readonly ttl: number
  readonly expiresAt: number
}

function readTable(path: string): Record<string, Entry> {
  return (JSON.parse(readFileSync(`${path}.leases`, 'utf8')) as { leases: Record<string, Entry> }).leases
}

function plantLease(path: string, owner: Owner, expiresAt: number, version = 1): void {
  const leases = { [KEY]: { owner, renewals: 3, ttl: TTL, expiresAt } }
  writeFileSync(`${path}.leases`, JSON.stringify({ format: 'evergrant-leases', version, leases }))
}

function follow(promise: Promise<Lease>): { readonly promise: Promise<Lease>; settled: boolean } {
  const followed = { promise, settled: false }
  void promise.then(() => (followed.settled = true))
  return followed
}

describe('a lease of a file store', () => {
  it('stands in a file beside the store, which goes with the last lease', async () => {
    const { path, clock, store, files } = setUp()
    const lease = await take(store)
    const other = await store.lease('grant/other', { ttl: 1_000, signal: new AbortController().signal })
    expect(files()).toEqual(['.secrets.leases'])
    expect(readTable(path)).toMatchObject({
      [KEY]: { owner: { pid: process.pid }, renewals: 0, ttl: TTL, expiresAt: clock.now() + TTL },
      'grant/other': { ttl: 1_000 },
    })
    await lease.release()
    expect(Object.keys(readTable(path))).toEqual(['grant/other'])
    await other.release()
    expect(files()).toEqual([])
  })

  it('is renewed every third of its ttl for as long as it is held, and keeps nobody alive', async () => {
    const { path, clock, store } = setUp()
    const lease = await take(store)
    const waiting = follow(take(store))
    await clock.advance(TTL / 3 - 1)
    expect(readTable(path)[KEY]).toMatchObject({ renewals: 0 })
    await clock.advance(1)
    expect(readTable(path)[KEY]).toMatchObject({ renewals: 1, expiresAt: clock.now() + TTL })
    await clock.advance(10 * TTL)
    expect(readTable(path)[KEY]).toMatchObject({ renewals: 31 })
    expect([waiting.settled, lease.signal.aborted]).toEqual([false, false])
    // The waiter's alone: somebody awaits that one.
    expect(clock.held).toBe(1)
    await lease.release()
    await clock.advance(100)
    await (await waiting.promise).release()
    expect(clock.pending).toBe(0)
  })

  it('falls at once to the next who asks, if its owner is dead', async () => {
    const { path, clock, store } = setUp()
    plantLease(path, deadOwner('gone'), clock.now() + HOUR)
    await take(store)
    expect(clock.monotonic()).toBe(0)
  })

  it('falls at once to those who wait, when its owner dies', async () => {
    const { path, clock, store } = setUp()
    plantLease(path, strangeOwner('strange'), clock.now() + HOUR)
    const waiting = take(store)
    await clock.advance(1_000)
    plantLease(path, deadOwner('gone'), clock.now() + HOUR)
    await clock.advance(100)
    expect((await waiting).key).toBe(KEY)
  })

  it('of another host falls to the next after its ttl without a sign of life', async () => {
    const { path, clock, store } = setUp()
    plantLease(path, strangeOwner('strange'), clock.now() + HOUR)
    const waiting = follow(take(store))
    await clock.advance(TTL - 1)
    expect(waiting.settled).toBe(false)
    await clock.advance(101)
    expect((await waiting.promise).key).toBe(KEY)
  })

  it('that had expired before anybody asked takes half of that', async () => {
    const { path, clock, store } = setUp()
    plantLease(path, strangeOwner('strange'), clock.now() - 1)
    const waiting = follow(take(store))
    await clock.advance(TTL / 2 - 1)
    expect(waiting.settled).toBe(false)
    await clock.advance(101)
    await waiting.promise
  })

  for (const [title, jump] of [
    ['two hours fast', (clock: VirtualClock) => clock.setForward(2 * HOUR)],
    ['set back', (clock: VirtualClock) => clock.setBack(2 * HOUR)],
  ] as const) {
    it(`P15 stays with its owner when the wall clock is ${title}`, async () => {
      const { clock, store } = setUp()
      const lease = await take(store)
      const waiting = follow(take(store))
      await clock.advance(1_000)
      jump(clock)
      await clock.advance(5 * TTL)
      expect([waiting.settled, lease.signal.aborted]).toEqual([false, false])
    })
  }

  it('P15 stays with its owner when the machine sleeps longer than its ttl', async () => {
    const { clock, store } = setUp()
    const lease = await take(store)
    const waiting = follow(take(store))
    await clock.advance(1_000)
    clock.sleep(HOUR)
    await clock.advance(5 * TTL)
    expect([waiting.settled, lease.signal.aborted]).toEqual([false, false])
    await store.write(KEY, 1, { lease })
  })

  it('P1 that somebody else has by now is lost: its signal aborts, and it writes nothing', async () => {
    const { path, clock, store } = setUp()
    const lease = await take(store)
    plantLease(path, strangeOwner('thief'), clock.now() + TTL)
    await expect(store.write(KEY, 1, { lease })).rejects.toSatisfy(isLeaseLost)
    await clock.advance(TTL / 3)
    expect(lease.signal.aborted).toBe(true)
    expect(lease.signal.reason).toSatisfy(isLeaseLost)
    await lease.release()
    expect(readTable(path)[KEY]?.owner.nonce).toBe('thief')
    expect(clock.pending).toBe(0)
  })

  it('P1 that cannot be renewed is lost after its ttl, and not before', async () => {
    const { path, clock, store } = setUp()
    const lease = await take(store)
    await clock.advance(1)
    plantLease(path, strangeOwner('x'), 0, 2)
    await clock.advance(TTL - 1_000)
    expect(lease.signal.aborted).toBe(false)
    await clock.advance(TTL / 3 + 1_000)
    expect(lease.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('survives a store that has trouble for less than its ttl', async () => {
    const { path, clock, store } = setUp()
    const lease = await take(store)
    await clock.advance(5 * TTL)
    const table = readFileSync(`${path}.leases`)
    plantLease(path, strangeOwner('x'), 0, 2)
    await clock.advance(TTL / 3)
    writeFileSync(`${path}.leases`, table)
    await clock.advance(5 * TTL)
    expect(lease.signal.aborted).toBe(false)
    await store.write(KEY, 1, { lease })
  })

  it('P12 is given back without complaint when that is no longer possible', async () => {
    const { path, clock, store } = setUp()
    const lease = await take(store)
    plantLock(path, strangeOwner('hangs'))
    const released = lease.release()
    expect(lease.release()).toBe(released)
    for (let waited = 0; waited < 16_000; waited += 4_000) {
      rmSync(`${path}.lock`)
      plantLock(path, strangeOwner(`hangs-${waited}`))
      await clock.advance(4_000)
    }
    await released
    expect(clock.pending).toBe(0)
    rmSync(`${path}.lock`)
    expect(readTable(path)[KEY]?.owner.pid).toBe(process.pid)
    await expect(store.write(KEY, 1, { lease })).rejects.toSatisfy(isLeaseLost)
  })

  it('is released while its renewal waits for the lock, and is not lost by that', async () => {
    const { path, clock, store, files } = setUp()
    const lease = await take(store)
    plantLock(path, strangeOwner('busy'))
    await clock.advance(TTL / 3 + 10)
    const released = lease.release()
    rmSync(`${path}.lock`)
    await clock.advance(100)
    await released
    expect(lease.signal.aborted).toBe(false)
    expect(files()).toEqual([])
    expect(clock.pending).toBe(0)
  })

  for (const [title, owner] of [
    ['saw it free', null],
    ['saw its owner dead', deadOwner('gone')],
  ] as const) {
    it(`P1 goes to one of two who ${title} at the same time`, async () => {
      const { path, clock, store } = setUp()
      if (owner !== null) plantLease(path, owner, clock.now())
      plantLock(path, strangeOwner('busy'))
      const rivals = [follow(take(store)), follow(take(fileStore(path, { clock })))]
      await clock.advance(100)
      rmSync(`${path}.lock`)
      await clock.advance(1_000)
      expect(rivals.filter((rival) => rival.settled)).toHaveLength(1)
    })
  }

  it('P12 leaves nothing behind when the wait for it is aborted', async () => {
    const { clock, store } = setUp()
    const lease = await take(store)
    const controller = new AbortController()
    const reason = new Error('not any more')
    const waiting = store.lease(KEY, { ttl: TTL, signal: controller.signal })
    await clock.advance(1_000)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await lease.release()
    expect(clock.pending).toBe(0)
  })

  it('needs a ttl', async () => {
    const { store } = setUp()
    for (const ttl of [0, -1, Number.NaN, Infinity]) {
      await expect(take(store, ttl)).rejects.toSatisfy(isInvalidOptions)
    }
  })
})

describe('the lease file', () => {
  for (const content of [
    '',
    '{ "format": "evergrant-leases", "ver',
    'null',
    '[]',
    '{"leases":{"grant/default":{"owner":1}}}',
  ]) {
    it(`counts as empty when it says ${content === '' ? 'nothing' : content}, and heals`, async () => {
      const { path, store, files } = setUp()
      writeFileSync(`${path}.leases`, content)
      const lease = await take(store)
      expect(Object.keys(readTable(path))).toEqual([KEY])
      await lease.release()
      expect(files()).toEqual([])
    })
  }

  it('of a newer version is left alone', async () => {
    const { path, clock, store } = setUp()
    plantLease(path, strangeOwner('newer'), clock.now(), 2)
    const before = readFileSync(`${path}.leases`)
    await expect(take(store)).rejects.toSatisfy(isStoreCorrupt)
    expect(readFileSync(`${path}.leases`)).toEqual(before)
  })

  it('keeps the leases of keys that are names of members', async () => {
    const { store, files } = setUp()
    const signal = new AbortController().signal
    const first = await store.lease('__proto__', { ttl: TTL, signal })
    const second = await store.lease('constructor', { ttl: TTL, signal })
    await store.write('__proto__', 1, { lease: first })
    await store.write('__proto__', 2, { lease: second })
    await Promise.all([first.release(), second.release()])
    expect(files()).toEqual(['.secrets'])
  })
})
