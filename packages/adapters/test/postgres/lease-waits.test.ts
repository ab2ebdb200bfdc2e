import { isInvalidOptions, isStoreUnavailable, type Lease } from '@evergrant/core'
import { afterAll, describe, expect, it } from 'vitest'
import { nameTables } from '../../src/postgres/tables.ts'
import { failureOf } from '../support/failure-of.ts'
import { createGate, isWaiting, KEY, setUp, take, TTL } from './lease-rig.ts'
import { postgresPlace } from './place.ts'

const place = postgresPlace()
const { schema, pool } = place
afterAll(() => place[Symbol.asyncDispose]())

describe('waiting for a lease in PostgreSQL', () => {
  it('wakes who waits for it when it is released, without any time passing', async () => {
    const { store, other, clock, tablePrefix } = await setUp(place)
    const lease = await take(other)
    const waiting = take(store)
    const listening = `LISTEN "${nameTables(schema, tablePrefix).channel}"`
    await clock.settleUntil(async () => {
      const found = `SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'idle'`
      return (await pool.query(found, [listening])).rowCount === 1
    })
    await clock.settleUntil(() => isWaiting(clock))
    const before = clock.monotonic()
    await lease.release()
    // Nothing left that keeps the process alive: it has the lease.
    await clock.settleUntil(() => clock.held === 0)
    await (await waiting).release()
    expect(clock.monotonic()).toBe(before)
    await clock.settleUntil(() => clock.pending === 0)
  })

  it('is seen to be free within half a second where nothing can be heard', async () => {
    const { other, clock, tablePrefix } = await setUp(place)
    const deaf = place.open({ tablePrefix, clock, listen: false, pool })
    expect('watch' in deaf).toBe(false)
    const lease = await take(other)
    const waiting = take(deaf)
    await clock.settleUntil(() => isWaiting(clock))
    await lease.release()
    await clock.advance(500)
    await clock.settleUntil(() => clock.held === 0 && clock.pending === 1)
    await (await waiting).release()
  })

  it('falls to who waits when it runs out, which nobody announces', async () => {
    const { other, clock, tablePrefix, leases } = await setUp(place)
    const deaf = place.open({ tablePrefix, clock, listen: false, pool })
    await take(other)
    // As a holder that is gone leaves it.
    await pool.query(`UPDATE ${leases}
      SET holder = gen_random_uuid(), expires_at = clock_timestamp() + interval '200 milliseconds'`)
    const taken: Lease[] = []
    const taking = take(deaf).then((lease) => taken.push(lease))
    while (taken.length === 0) {
      await clock.settleUntil(() => taken.length > 0 || isWaiting(clock))
      if (taken.length === 0) await clock.advance(500)
    }
    await taking
    await deaf.write(KEY, 'mine now', { lease: taken[0] as Lease })
    expect((await other.read(KEY))?.value).toBe('mine now')
    await taken[0]?.release()
  })

  it('P12 that is granted to somebody who has left meanwhile is given back', async () => {
    const gate = createGate(place)
    const { store, other, onlyRow } = await setUp(place, gate.pool)
    await store.read(KEY)
    const open = gate.close()
    const leaver = new AbortController()
    const reason = new Error('not any more')
    const leaving = failureOf(take(store, TTL, leaver.signal))
    leaver.abort(reason)
    expect(await leaving).toBe(reason)
    open()
    await expect.poll(onlyRow).toEqual({ fence: 1, holder: null, left: null })
    await (await take(other)).release()
  })

  it('P11 that cannot be had says no more than a code', async () => {
    const gate = createGate(place)
    const { store } = await setUp(place, gate.pool)
    gate.fail(true)
    const error = await failureOf(take(store))
    expect(error).toSatisfy(isStoreUnavailable)
    expect(String(error)).toContain('(ECONNREFUSED)')
    expect(String((error as Error).stack)).not.toContain('made-up-secret')
  })

  it('needs a ttl', async () => {
    const { store } = await setUp(place)
    for (const ttl of [0, -1, Number.NaN, Infinity]) await expect(take(store, ttl)).rejects.toSatisfy(isInvalidOptions)
  })
})
