import { once } from 'node:events'
import { isLeaseLost, isStoreUnavailable } from '@evergrant/core'
import { afterAll, describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { createGate, KEY, setUp, take, TTL } from './lease-rig.ts'
import { postgresPlace } from './place.ts'

const place = postgresPlace()
const { pool } = place
afterAll(() => place[Symbol.asyncDispose]())

describe('a lease in PostgreSQL', () => {
  it('P1 has a fencing number that grows with each holder, and keeps it over a release', async () => {
    const { store, other, onlyRow } = await setUp(place)
    for (const [number, by] of [store, other, store].entries()) {
      const lease = await take(by)
      expect(await onlyRow()).toMatchObject({ fence: number + 1, holder: expect.any(String) as string })
      await by.write(KEY, number, { lease })
      await lease.release()
      expect(await onlyRow()).toEqual({ fence: number + 1, holder: null, left: null })
    }
  })

  for (const [title, change] of [
    ['an older fencing number', 'fence = fence + 1'],
    // As after a failover that has forgotten the last holder.
    ['the fencing number of another holder', 'holder = gen_random_uuid()'],
  ] as const) {
    it(`P1 with ${title} writes nothing`, async () => {
      const { store, leases } = await setUp(place)
      const lease = await take(store)
      await pool.query(`UPDATE ${leases} SET ${change}`)
      await expect(store.write(KEY, 1, { lease })).rejects.toSatisfy(isLeaseLost)
      await expect(store.delete(KEY, { lease })).rejects.toSatisfy(isLeaseLost)
      expect(await store.read(KEY)).toBeNull()
    })
  }

  it('is renewed every third of its ttl for as long as it is held, and keeps nobody alive', async () => {
    const gate = createGate(place)
    const { store, clock, onlyRow, expire } = await setUp(place, gate.pool)
    const lease = await take(store)
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([1, 0, TTL / 3])
    for (let thirds = 1; thirds <= 6; thirds += 1) {
      await expire()
      await clock.advance(TTL / 3)
      await clock.settleUntil(() => clock.nextAt === ((thirds + 1) * TTL) / 3)
      expect(Number((await onlyRow())?.left)).toBeGreaterThan(0)
    }
    expect(lease.signal.aborted).toBe(false)
    await lease.release()
    expect(clock.pending).toBe(0)
  })

  it('P7 that has run out, and that nobody has taken, is held still, and for its whole ttl from the next write on', async () => {
    const { store, other, onlyRow, expire } = await setUp(place)
    const lease = await take(store)
    await expire()
    await store.write(KEY, 1, { lease })
    expect(Number((await onlyRow())?.left)).toBeGreaterThan(TTL / 2)
    await expire()
    const next = await take(other)
    await expect(store.write(KEY, 2, { lease })).rejects.toSatisfy(isLeaseLost)
    await expect(store.delete(KEY, { lease })).rejects.toSatisfy(isLeaseLost)
    await expect(store.delete('nothing/there', { lease })).rejects.toSatisfy(isLeaseLost)
    expect((await other.read(KEY))?.value).toBe(1)
    await next.release()
  })

  it('P1 is lost when its ttl has passed without an answer of the server, and not before', async () => {
    const gate = createGate(place)
    const { store, clock } = await setUp(place, gate.pool)
    const lease = await take(store)
    gate.fail(true)
    await clock.advance(TTL - 1)
    expect(lease.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(lease.signal.reason).toSatisfy(isLeaseLost)
    expect(clock.pending).toBe(0)
    // Refused from here on, whatever the server would say.
    gate.fail(false)
    await expect(store.write(KEY, 1, { lease })).rejects.toSatisfy(isLeaseLost)
    await lease.release()
  })

  it('P1 is lost at the end of its ttl also while a renewal is not answered', async () => {
    const gate = createGate(place)
    const { store, clock } = await setUp(place, gate.pool)
    const lease = await take(store, 1_500)
    const open = gate.close()
    await clock.advance(1_499)
    expect(lease.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(lease.signal.aborted).toBe(true)
    open()
    await lease.release()
  })

  it('survives a server that has trouble for less than its ttl', async () => {
    const gate = createGate(place)
    const { store, clock } = await setUp(place, gate.pool)
    const lease = await take(store)
    gate.fail(true)
    await clock.advance(TTL / 3 + 1)
    gate.fail(false)
    const at = clock.nextAt ?? 0
    await clock.advance(at - clock.monotonic())
    await clock.settleUntil(() => (clock.nextAt ?? 0) === at + TTL / 3)
    await store.write(KEY, 1, { lease })
    expect(lease.signal.aborted).toBe(false)
    await lease.release()
  })

  it('P15 stays with its holder when the machine sleeps longer than its ttl and nobody came', async () => {
    const { store, clock } = await setUp(place)
    const lease = await take(store)
    clock.sleep(10 * TTL)
    await clock.settle()
    await clock.settleUntil(() => clock.nextAt === clock.monotonic() + TTL / 3)
    expect(lease.signal.aborted).toBe(false)
    await store.write(KEY, 1, { lease })
    await lease.release()
  })

  it('P12 is given back without complaint when that is not possible', async () => {
    const gate = createGate(place)
    const { store, clock, onlyRow } = await setUp(place, gate.pool)
    const lease = await take(store)
    gate.fail(true)
    expect(lease.release()).toBe(lease.release())
    await lease.release()
    expect(lease.signal.aborted).toBe(false)
    expect(clock.pending).toBe(0)
    gate.fail(false)
    await expect(store.write(KEY, 1, { lease })).rejects.toSatisfy(isLeaseLost)
    expect(await onlyRow()).toMatchObject({ holder: expect.any(String) as string })
  })

  it('P12 of a store that is disposed is lost to its holder', async () => {
    const { store, other, clock } = await setUp(place)
    const lease = await take(store)
    const waiting = failureOf(take(store))
    const lost = once(lease.signal, 'abort')
    await store.dispose()
    await lost
    expect(lease.signal.reason).toSatisfy(isLeaseLost)
    expect(await waiting).toSatisfy(isStoreUnavailable)
    expect(clock.pending).toBe(0)
    await (await take(other)).release()
  })
})
