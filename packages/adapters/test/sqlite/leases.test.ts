import { isInvalidOptions, isLeaseLost, type Lease, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { Owner } from '../../src/file/owner.ts'
import { deadOwner, formerOwner, strangeOwner } from '../support/planted-owner.ts'
import { KEY, sqliteRig } from './rig.ts'

const TTL = 30_000
const HOUR = 3_600_000

async function setUp() {
  const rig = sqliteRig()
  const clock = new VirtualClock()
  const store = rig.open({ clock })
  await store.read(KEY)
  const plant = (owner: Owner, expiresAt: number) =>
    rig.meddle('INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)', KEY, JSON.stringify(owner), 3, TTL, expiresAt)
  return { ...rig, clock, store, plant, present: () => rig.meddle('SELECT renewals, expires_at FROM leases') }
}

function take(store: TokenStore, ttl = TTL): Promise<Lease> {
  return store.lease(KEY, { ttl, signal: new AbortController().signal })
}

function follow(promise: Promise<Lease>): { readonly promise: Promise<Lease>; settled: boolean } {
  const followed = { promise, settled: false }
  void promise.then(() => (followed.settled = true))
  return followed
}

describe('a lease of a sqlite store', () => {
  it('is renewed every third of its ttl for as long as it is held, and keeps nobody alive', async () => {
    const { clock, store, present } = await setUp()
    const lease = await clock.during(take(store))
    const waiting = follow(take(store))
    await clock.advance(TTL / 3 - 1)
    expect(present()).toMatchObject({ renewals: 0 })
    await clock.advance(1)
    expect(present()).toEqual({ renewals: 1, expires_at: clock.now() + TTL })
    await clock.advance(10 * TTL)
    expect(present()).toMatchObject({ renewals: 31 })
    expect([waiting.settled, lease.signal.aborted]).toEqual([false, false])
    // The waiter's alone: somebody awaits that one.
    expect(clock.held).toBe(1)
    await lease.release()
    // Without a look: it was released here.
    await (await waiting.promise).release()
    expect([clock.pending, present()]).toEqual([0, undefined])
  })

  it('falls at once to the next who asks, if its owner is dead', async () => {
    const { clock, store, plant } = await setUp()
    plant(deadOwner('gone'), clock.now() + HOUR)
    await clock.during(take(store))
    expect(clock.monotonic()).toBe(0)
  })

  it.runIf(process.platform === 'linux')('also where another process has its pid by now', async () => {
    const { clock, store, plant } = await setUp()
    plant(formerOwner('former'), clock.now() + HOUR)
    await clock.during(take(store))
    expect(clock.monotonic()).toBe(0)
  })

  it('of another container falls to the next after its ttl without a sign of life, whatever the wall clock says', async () => {
    const { clock, store, plant } = await setUp()
    plant(strangeOwner('strange'), clock.now() + HOUR)
    const waiting = follow(take(store))
    clock.setForward(2 * HOUR)
    await clock.advance(TTL / 2 - 1_000)
    clock.setBack(4 * HOUR)
    await clock.advance(TTL / 2 + 900)
    expect(waiting.settled).toBe(false)
    await clock.advance(300)
    expect((await waiting.promise).key).toBe(KEY)
  })

  it('that was renewed meanwhile does not', async () => {
    const { clock, store, plant, meddle } = await setUp()
    plant(strangeOwner('strange'), clock.now() + HOUR)
    const waiting = follow(take(store))
    for (let third = 0; third < 9; third += 1) {
      await clock.advance(TTL / 3)
      meddle('UPDATE leases SET renewals = renewals + 1')
    }
    expect(waiting.settled).toBe(false)
    meddle('DELETE FROM leases')
    await clock.advance(100)
    await waiting.promise
  })

  it('that somebody took over is lost: its holder is told, and its writes are refused from that moment on', async () => {
    const { clock, store, plant, meddle } = await setUp()
    const lease = await clock.during(take(store))
    plant(strangeOwner('quicker'), clock.now() + HOUR)
    await expect(store.write(KEY, 'late', { lease })).rejects.toSatisfy(isLeaseLost)
    expect(lease.signal.aborted).toBe(false)
    await clock.advance(TTL / 3)
    expect(lease.signal.reason).toSatisfy(isLeaseLost)
    await lease.release()
    expect(meddle('SELECT count(*) AS leases FROM leases')).toEqual({ leases: 1 })
    expect(await store.read(KEY)).toBeNull()
  })

  it('is still ours after a sleep longer than its ttl, if nobody took it', async () => {
    const { clock, store, present } = await setUp()
    const lease = await clock.during(take(store))
    clock.sleep(10 * TTL)
    await store.write(KEY, 'awake', { lease })
    await clock.advance(1)
    expect([lease.signal.aborted, present()?.['renewals']]).toEqual([false, 1])
  })

  it('that nobody can make out belongs to nobody', async () => {
    const { clock, store, meddle } = await setUp()
    for (const owner of ['{ damaged', '[]', '{"pid":1}']) {
      meddle('INSERT OR REPLACE INTO leases VALUES (?, ?, 0, 1, 1)', KEY, owner)
      const lease = await clock.during(take(store))
      await lease.release()
    }
    expect(clock.monotonic()).toBe(0)
  })

  it('has a ttl', async () => {
    const { store } = await setUp()
    for (const ttl of [0, -1, Number.NaN, Infinity]) await expect(take(store, ttl)).rejects.toSatisfy(isInvalidOptions)
  })
})
