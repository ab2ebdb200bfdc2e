import { fakeTastytrade, type FakeTastytrade } from '@evergrant/testing'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { createGate, openHost, type Host } from './host.ts'
import type { CreateNetworkPlace } from './place.ts'

const KEY = 'grant/default'
/** Far beyond what a test takes: nobody loses such a lease to time. In ms. */
const LONG = 120_000
/** So short that it can be waited for, and long enough to reach the server meanwhile. In ms. */
const SHORT = 3_000

/** Each can renew what the other one got last. */
async function goOn(fake: FakeTastytrade, hosts: readonly Host[]): Promise<void> {
  let generation = 1
  for (const { session } of hosts) {
    // One that has not heard of the last token takes that, and asks for none.
    await firstValueFrom(session.token$.pipe(filter((token) => token?.generation === generation)))
    generation += 1
    expect((await session.refresh()).generation).toBe(generation)
  }
  expect(fake.failedLogins).toBe(0)
  expect(await hosts[0]?.store.read(KEY)).toMatchObject({
    value: { generation, journal: null, credentials: { refreshToken: fake.currentRefreshToken() } },
  })
}

const valueOf = async ({ session }: Host) => (await session.getToken()).value

/** What becomes of a credential when the store is lost between spending it and saving what came for it. */
export function describeMidRequest(createPlace: CreateNetworkPlace): void {
  describe('trouble in the middle of a token request', () => {
    it('P7 a connection that is cut while the lease is held costs nothing, and one spends', async () => {
      await using place = await createPlace()
      const fake = fakeTastytrade({ rotation: 'strict' })
      const gate = createGate('answer')
      await using near = await openHost(place.opening('proxied'), { fake, gate, policy: { leaseTtl: LONG } })
      await using other = await openHost(place.opening('direct'), { fake, policy: { leaseTtl: LONG } })
      const first = valueOf(near)
      await gate.reached
      const second = valueOf(other)
      place.proxy.cut()
      const refused = near.nextRefusal()
      gate.open()
      expect(await refused).toBe('store-unavailable')
      place.proxy.restore()
      expect(await first).toBe(await second)
      expect(fake).toMatchObject({ tokenRequests: 1, failedLogins: 0 })
      expect(await other.store.read(KEY)).toMatchObject({
        value: { generation: 1, journal: null, credentials: { refreshToken: fake.currentRefreshToken() } },
      })
    })

    it('P7 a server that is restarted while the lease is held costs nothing, and one spends', async () => {
      await using place = await createPlace({ ownServer: true })
      const fake = fakeTastytrade({ rotation: 'strict' })
      const gate = createGate('answer')
      await using near = await openHost(place.opening('direct'), { fake, gate, policy: { leaseTtl: LONG } })
      await using other = await openHost(place.opening('direct'), { fake, policy: { leaseTtl: LONG } })
      const first = valueOf(near)
      await gate.reached
      await place.restart()
      expect(await place.isLeaseHeld(KEY)).toBe(true)
      const second = valueOf(other)
      gate.open()
      expect(await first).toBe(await second)
      expect(fake).toMatchObject({ tokenRequests: 1, failedLogins: 0 })
      expect(near.refusals).not.toContain('lease-lost')
      expect(await other.store.read(KEY)).toMatchObject({
        value: { generation: 1, journal: null, credentials: { refreshToken: fake.currentRefreshToken() } },
      })
    })

    it('P8 a host that lost its lease while it was answered is refused, and adopts what the next one got', async () => {
      await using place = await createPlace()
      const fake = fakeTastytrade({ rotation: 'none' })
      const gate = createGate('answer')
      await using loser = await openHost(place.opening('direct'), { fake, gate, policy: { leaseTtl: LONG } })
      await using next = await openHost(place.opening('direct'), { fake, policy: { leaseTtl: LONG } })
      const late = valueOf(loser)
      await gate.reached
      await place.takeLeaseAway(KEY)
      const value = await valueOf(next)
      gate.open()
      expect(await late).toBe(value)
      expect(loser.refusals).toEqual(['lease-lost', 'store-conflict'])
      expect(next.refusals).toEqual([])
      expect(await next.store.read(KEY)).toMatchObject({ value: { generation: 1, token: { value } } })
    })

    it('P8 a host that lost its lease before it was heard adopts what the next one got, and the grant lives', async () => {
      await using place = await createPlace()
      const fake = fakeTastytrade({ rotation: 'grace' })
      const gate = createGate('request')
      await using loser = await openHost(place.opening('direct'), { fake, gate, policy: { leaseTtl: LONG } })
      await using next = await openHost(place.opening('direct'), { fake, policy: { leaseTtl: LONG } })
      const late = valueOf(loser)
      await gate.reached
      await place.takeLeaseAway(KEY)
      const value = await valueOf(next)
      gate.open()
      expect(await late).toBe(value)
      expect(loser.refusals).toEqual(['lease-lost', 'store-conflict'])
      await goOn(fake, [loser, next])
    })

    it('P8 a host that is cut off for longer than its lease adopts what the next one got, and the grant lives', async () => {
      await using place = await createPlace()
      const fake = fakeTastytrade({ rotation: 'grace' })
      const gate = createGate('answer')
      await using near = await openHost(place.opening('proxied'), { fake, gate, policy: { leaseTtl: SHORT } })
      await using other = await openHost(place.opening('direct'), { fake, policy: { leaseTtl: LONG } })
      const late = valueOf(near)
      await gate.reached
      place.proxy.cut()
      // It gets the lease when that has run out, and tries once more what may have been spent.
      const value = await valueOf(other)
      place.proxy.restore()
      gate.open()
      expect(await late).toBe(value)
      expect(near.refusals).toEqual(['lease-lost', 'store-conflict'])
      await goOn(fake, [near, other])
    })
  })
}
