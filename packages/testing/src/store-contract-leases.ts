import { deepStrictEqual, equal, rejects } from 'node:assert/strict'
import type { Lease, TokenStore } from '@evergrant/core'
import { rejectsWith, type ContractCases } from './store-contract-cases.ts'

const KEY = 'grant/default'
// Long enough that none runs out in a case.
const TTL = 60_000
const CONTENDERS = 8

/** Leases and fencing. */
export function describeLeases({ one, shared }: ContractCases): void {
  shared('P1 a lease has one holder at a time, and everybody gets it', async ([store, other]) => {
    let holders = 0
    let most = 0
    const hold = async (via: TokenStore): Promise<void> => {
      const lease = await take(via)
      holders += 1
      most = Math.max(most, holders)
      await via.write(KEY, 'held', { lease })
      await via.read(KEY)
      holders -= 1
      await lease.release()
    }
    await Promise.all(Array.from({ length: CONTENDERS }, (_, index) => hold(index % 2 === 0 ? store : other)))
    equal(most, 1)
  })

  one('leases of different keys do not wait for each other', async (store) => {
    const lease = await take(store)
    const second = await take(store, { key: 'grant/other' })
    deepStrictEqual([lease.key, second.key], [KEY, 'grant/other'])
    await Promise.all([lease.release(), second.release()])
  })

  shared('a lease that was released can be had again at once', async ([store, other]) => {
    await (await take(store)).release()
    await (await take(other)).release()
    await (await take(store)).release()
  })

  shared('a second release does nothing, not even to the next holder', async ([store, other]) => {
    const first = await take(store)
    await Promise.all([first.release(), first.release()])
    const second = await take(other)
    await first.release()
    const third = follow(take(store))
    await other.write(KEY, 'still held', { lease: second })
    equal(third.settled, false)
    await second.release()
    await (await third.promise).release()
  })

  one('an aborted signal rejects with its reason and takes nothing', async (store) => {
    const reason = new Error('not any more')
    await rejects(take(store, { signal: AbortSignal.abort(reason) }), (error) => error === reason)
    await (await take(store)).release()
  })

  shared(
    'P12 an abort ends one wait with its reason, and disturbs neither the holder nor others',
    async ([store, other]) => {
      const lease = await take(store)
      const reason = new Error('not any more')
      const leaver = new AbortController()
      const leaving = take(other, { signal: leaver.signal })
      const staying = follow(take(other))
      leaver.abort(reason)
      await rejects(leaving, (error) => error === reason)
      await store.write(KEY, 'still held', { lease })
      equal(lease.signal.aborted, false)
      equal(staying.settled, false)
      await lease.release()
      await (await staying.promise).release()
    },
  )

  shared('an abort after the wait is over changes nothing', async ([store, other]) => {
    const { signal, abort } = abortable()
    const lease = await take(store, { signal })
    const next = follow(take(other))
    abort()
    await store.write(KEY, 'still held', { lease })
    equal(lease.signal.aborted, false)
    equal(next.settled, false)
    await lease.release()
    await (await next.promise).release()
  })

  shared('fences: a lease that was released writes and deletes nothing', async ([store, other]) => {
    const lease = await take(store)
    const revision = await store.write(KEY, 'mine', { lease })
    await lease.release()
    await rejectsWith('lease-lost', store.write(KEY, 'late', { lease }))
    await rejectsWith('lease-lost', store.delete(KEY, { lease }))
    const next = await take(other)
    await rejectsWith('lease-lost', store.write(KEY, 'late', { lease, expect: revision }))
    deepStrictEqual(await other.read(KEY), { value: 'mine', revision })
    await next.release()
  })

  one('a held lease fences writes to other keys too', async (store) => {
    const lease = await take(store)
    await store.write('issuer/other', 1, { lease })
    await lease.release()
    await rejectsWith('lease-lost', store.write('issuer/other', 2, { lease }))
  })

  one('a lease does not stand in for compare-and-set', async (store) => {
    const lease = await take(store)
    const revision = await store.write(KEY, 1, { lease, expect: null })
    await rejectsWith('store-conflict', store.write(KEY, 2, { lease, expect: null }))
    await store.delete(KEY, { lease, expect: revision })
    equal(await store.read(KEY), null)
    await lease.release()
  })

  one('releasing is no loss: the signal of the lease stays quiet', async (store) => {
    const lease = await take(store)
    await lease.release()
    await (await take(store)).release()
    equal(lease.signal.aborted, false)
  })
}

function take(store: TokenStore, { key = KEY, signal = new AbortController().signal } = {}): Promise<Lease> {
  return store.lease(key, { ttl: TTL, signal })
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

function follow<T>(promise: Promise<T>): { readonly promise: Promise<T>; settled: boolean } {
  const followed = { promise, settled: false }
  const settle = (): void => {
    followed.settled = true
  }
  promise.then(settle, settle)
  return followed
}
