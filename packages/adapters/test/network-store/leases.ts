import { once } from 'node:events'
import { isLeaseLost, isStoreUnavailable, type Lease, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { openStore, type CreateNetworkPlace } from './place.ts'

const KEY = 'grant/default'
const { signal } = new AbortController()
/** So short that they can be waited for. In ms. */
const SHORT = 300
const TTLS: readonly number[] = [600, 3_000, 12_000]
/** Renewed within a second, and long enough to be still held when it is taken away. In ms. */
const BRISK = 3_000
const LONG = 120_000

const take = (store: TokenStore, ttl: number): Promise<Lease> => store.lease(KEY, { ttl, signal })

/** Until so many ms have passed by the clock that leases run on. */
async function untilPassed(store: TokenStore, ms: number): Promise<void> {
  const now = async () => (await store.time?.()) ?? 0
  const end = (await now()) + ms
  while ((await now()) < end);
}

/** Leases on the server's time. */
export function describeNetworkLeases(createPlace: CreateNetworkPlace): void {
  describe('leases over a network', () => {
    it('P1 a lease outlives its ttl as long as its holder lives', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('direct'))
      // A machine that stands still for most of a ttl loses the lease by right; a longer one is not lost so easily.
      for (const ttl of TTLS) {
        const lease = await take(store, ttl)
        await untilPassed(store, 2 * ttl)
        const refused = await failureOf(store.write(KEY, 'still mine', { lease }))
        if (refused !== null && ttl !== TTLS.at(-1)) continue
        expect(refused).toBe(null)
        expect(await place.isLeaseHeld(KEY)).toBe(true)
        await lease.release()
        break
      }
      expect(await place.leftovers()).toEqual([])
    })

    it('P1 the lease of a holder that is gone falls to who waits, and the holder hears that it is lost', async () => {
      await using place = await createPlace()
      await using gone = await openStore(place.opening('proxied'))
      await using next = await openStore(place.opening('direct'))
      const lost = await take(gone, SHORT)
      place.proxy.cut()
      const lease = await take(next, LONG)
      if (!lost.signal.aborted) await once(lost.signal, 'abort')
      expect(lost.signal.reason).toSatisfy(isLeaseLost)
      place.proxy.restore()
      await expect(gone.write(KEY, 'late', { lease: lost })).rejects.toSatisfy(isLeaseLost)
      await lost.release()
      await next.write(KEY, 'mine', { lease })
      await lease.release()
      expect(await place.leftovers()).toEqual([])
    })

    it('P1 a lease that was taken away refuses every write in the same step, and its signal aborts', async () => {
      await using place = await createPlace()
      await using store = await openStore(place.opening('direct'))
      const lease = await take(store, LONG)
      const revision = await store.write(KEY, 'first', { lease })
      await place.takeLeaseAway(KEY)
      await expect(store.write(KEY, 'late', { lease, expect: revision })).rejects.toSatisfy(isLeaseLost)
      await expect(store.delete(KEY, { lease })).rejects.toSatisfy(isLeaseLost)
      expect(await store.read(KEY)).toEqual({ value: 'first', revision })

      const short = await take(store, BRISK)
      await place.takeLeaseAway(KEY)
      if (!short.signal.aborted) await once(short.signal, 'abort')
      expect(short.signal.reason).toSatisfy(isLeaseLost)
    })

    it('P1 a lease that somebody else has by now is neither used nor given back', async () => {
      await using place = await createPlace()
      await using loser = await openStore(place.opening('direct'))
      await using next = await openStore(place.opening('direct'))
      const lost = await take(loser, LONG)
      await place.takeLeaseAway(KEY)
      const lease = await take(next, LONG)
      await expect(loser.write(KEY, 'late', { lease: lost })).rejects.toSatisfy(isLeaseLost)
      await lost.release()
      expect(await place.isLeaseHeld(KEY)).toBe(true)
      await next.write(KEY, 'mine', { lease })
      await lease.release()
    })

    it('P12 whoever stops waiting leaves nothing behind, and who waits on gets the lease', async () => {
      await using place = await createPlace()
      await using holder = await openStore(place.opening('direct'))
      await using other = await openStore(place.opening('direct'))
      const lease = await take(holder, LONG)
      const leaver = new AbortController()
      const reason = new Error('not any more')
      const leaving = [holder, other, other].map((store) => store.lease(KEY, { ttl: LONG, signal: leaver.signal }))
      const staying = take(other, LONG)
      // They wait by now, as far as one can see from here.
      await other.write(KEY, 'meanwhile')
      leaver.abort(reason)
      for (const left of leaving) await expect(left).rejects.toBe(reason)
      await lease.release()
      await (await staying).release()
      expect(await place.leftovers()).toEqual([])
    })

    it('P12 a store that is disposed gives back its leases and ends its waits', async () => {
      await using place = await createPlace()
      await using other = await openStore(place.opening('direct'))
      const store = await openStore(place.opening('proxied'))
      await take(store, LONG)
      const ended = failureOf(take(store, LONG))
      await store.dispose()
      expect(await ended).toSatisfy(isStoreUnavailable)
      await (await take(other, LONG)).release()
      await expect(store.read(KEY)).rejects.toSatisfy(isStoreUnavailable)
      store.watch?.(KEY, () => undefined)
      await expect.poll(() => place.proxy.connections, { timeout: 30_000 }).toBe(0)
      expect(await place.leftovers()).toEqual([])
    })
  })
}
