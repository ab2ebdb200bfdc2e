import type { Rotation } from '@evergrant/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { whole } from '../../../../tools/extent.ts'
import { bundlePage } from './bundle-page.ts'
import { launchChromium } from './chromium.ts'
import { createFamily, freeze, thaw, type Family } from './family.ts'
import type { SharedStore } from './pages/tab.ts'

// The browser may have to be unpacked first.
vi.setConfig({ hookTimeout: 120_000 })

const MINUTE = 60_000
/** A lifetime is the life of one access token, from its issue to that of the next. */
const LIFETIMES = whole ? 20 : 12
/** Tokens live for 15 minutes: by the tenth, both tabs have a refresh due. */
const REFRESH_DUE = 10 * MINUTE
const PAST_EXPIRY = 16 * MINUTE
/** Ms that a frozen tab holds up the others. Long enough for one that is alive to answer on a machine that is busy. */
const SHORT_TTL = 1_000
const LONG_TTL = 120_000

const STORES: readonly SharedStore[] = ['localStorage', 'IndexedDB']
/** Leases are one code for all stores. */
const STORES_WITH_LEASES = whole ? STORES : STORES.slice(0, 1)

let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundlePage('tab')
  browser = await launchChromium()
})

afterAll(() => browser.close())

const well = (generation: number) => ({ outcomes: ['ok'], state: 'valid', generation })
const once = (times: number) => Array.from({ length: times }, () => ({ sent: 1, open: 0, peakOpen: 1 }))

const familyOn =
  (store: SharedStore) =>
  (rotation: Rotation, leaseTtl?: number): Promise<Family> =>
    createFamily({ browser, script, store, rotation, ...(leaseTtl === undefined ? {} : { leaseTtl }) })

describe.each(STORES)('two tabs on one grant in %s', (store) => {
  const family = familyOn(store)

  it(`P1 spend a strictly rotating grant once in each of ${LIFETIMES} lifetimes, and no caller fails`, async () => {
    await using home = await family('strict')
    const { fake, tabs, live, heard } = home
    for (let generation = 1; generation <= LIFETIMES; generation += 1) {
      // The first token is not there yet, and every tenth is slept through.
      const ahead = generation % 10 === 0 ? PAST_EXPIRY : REFRESH_DUE
      expect(await live(tabs, generation === 1 ? 0 : ahead, generation)).toEqual([well(generation), well(generation)])
      expect(fake.tokenRequests).toBe(generation)
    }
    expect(fake.failedLogins).toBe(0)
    expect([...fake.spent.values()]).toEqual(once(LIFETIMES))
    expect(await tabs[0].call('read', 'grant/default')).toMatchObject({
      generation: LIFETIMES,
      credentials: { refreshToken: fake.currentRefreshToken() },
      journal: null,
    })
    expect(heard).toEqual([])
    expect(await tabs[0].call('locks')).toEqual([])
  })

  it('P14 a sign-out in one tab ends the other', async () => {
    await using home = await family('strict')
    const { fake, tabs, live } = home
    const [first, second] = tabs
    await live(tabs, 0, 1)
    await first.call('signOut')
    await second.call('reach', 'unauthenticated')
    expect(await second.call('ask')).toBe('signed-out')
    expect(fake.tokenRequests).toBe(1)
  })

  it('two tabs that add to one entry at once lose nothing, by compare-and-set or by leases', async () => {
    await using home = await family('strict')
    const { tabs } = home
    const written = await Promise.all(tabs.map((tab) => tab.call('count', 'counter', 50)))
    expect(new Set(written.flat()).size).toBe(100)
    expect(await Promise.all(tabs.map((tab) => tab.call('read', 'counter')))).toEqual([100, 100])
    await Promise.all(tabs.map((tab) => tab.call('countUnderLease', 'other counter', 25, LONG_TTL)))
    expect(await Promise.all(tabs.map((tab) => tab.call('read', 'other counter')))).toEqual([50, 50])
  })

  describe('a tab that crashes while its token request is under way', () => {
    async function crashed(home: Family, holds: 'request' | 'answer') {
      const { fake, tabs } = home
      const [dying, surviving] = tabs
      fake.fail('slow', { holds })
      void dying.call('ask').catch(() => undefined)
      await vi.waitFor(() => expect(fake.openRequests).toBe(1))
      const waiting = surviving.call('ask')
      const gone = new Promise((resolve) => dying.page.once('crash', resolve))
      dying.devtools.send('Page.crash').catch(() => undefined)
      await gone
      return { outcome: await waiting, surviving }
    }

    it('P1 P7 blocks nobody: what the server had not carried out is asked for again', async () => {
      await using home = await family('strict')
      const { outcome, surviving } = await crashed(home, 'request')
      expect(outcome).toBe(1)
      expect(await home.live([surviving], REFRESH_DUE, 2)).toEqual([well(2)])
      expect(home.fake.failedLogins).toBe(0)
    })

    it('P7 loses nothing where the server has a grace for a refresh token that was just rotated', async () => {
      await using home = await family('grace')
      const { outcome, surviving } = await crashed(home, 'answer')
      expect(outcome).toBe(1)
      expect(await home.live([surviving], REFRESH_DUE, 2)).toEqual([well(2)])
      expect(home.fake.failedLogins).toBe(0)
    })

    it('P7 with strict rotation leaves a loss that is named', async () => {
      await using home = await family('strict')
      const { outcome, surviving } = await crashed(home, 'answer')
      expect(outcome).toBe('rotation-lost')
      expect(await surviving.call('status')).toMatchObject({ state: 'revoked', reason: 'rotation-lost' })
    })
  })

  it('P1 a lease that was taken away writes nothing, even before its tab hears of the loss', async () => {
    await using home = await family('strict')
    const [frozen, next] = home.tabs
    await frozen.call('deafen')
    await frozen.call('lease', 'a key', SHORT_TTL)
    await freeze(frozen)
    await next.call('lease', 'a key', SHORT_TTL)
    await thaw(frozen)
    expect(await frozen.call('writeUnderLease', 'a key', 'late')).toBe('lease-lost')
    expect(await frozen.call('isLost', 'a key')).toBe(false)
    expect(await next.call('writeUnderLease', 'a key', 'next')).toBe('ok')
  })
})

describe.each(STORES_WITH_LEASES)('two tabs on one lease in %s', (store) => {
  const family = familyOn(store)

  it('P1 a tab that is closed while it holds the lease gives it to the one that waits', async () => {
    await using home = await family('strict')
    const [closing, waiting] = home.tabs
    await closing.call('lease', 'a key', LONG_TTL)
    const leased = waiting.call('lease', 'a key', LONG_TTL)
    await closing.page.close()
    await leased
    expect(await waiting.call('writeUnderLease', 'a key', 'mine')).toBe('ok')
  })

  it('a tab that is frozen with nothing under way harms nobody, and adopts what it slept through', async () => {
    await using home = await family('strict')
    const { fake, tabs, live } = home
    const [sleeping, waking] = tabs
    await live(tabs, 0, 1)
    await freeze(sleeping)
    for (const generation of [2, 3, 4]) {
      expect(await live([waking], REFRESH_DUE, generation)).toEqual([well(generation)])
    }
    await thaw(sleeping)
    expect(await sleeping.call('live', { pass: 3 * REFRESH_DUE, callers: 2, generation: 4 })).toEqual(well(4))
    expect(fake.tokenRequests).toBe(4)
    expect([...fake.spent.values()]).toEqual(once(4))
  })

  it('P1 a tab that is frozen with the lease loses it after its ttl, and writes nothing once it wakes', async () => {
    await using home = await family('strict')
    const [frozen, next] = home.tabs
    await frozen.call('lease', 'a key', SHORT_TTL)
    expect(await frozen.call('writeUnderLease', 'a key', 'before')).toBe('ok')
    await freeze(frozen)
    await next.call('lease', 'a key', SHORT_TTL)
    expect(await next.call('writeUnderLease', 'a key', 'next')).toBe('ok')
    await thaw(frozen)
    expect(await frozen.call('writeUnderLease', 'a key', 'late')).toBe('lease-lost')
    await vi.waitFor(async () => expect(await frozen.call('isLost', 'a key')).toBe(true))
    expect(await next.call('writeUnderLease', 'a key', 'still held')).toBe('ok')
    expect(await frozen.call('read', 'a key')).toBe('still held')
  })

  it('P1 of all who find the holder of a lease frozen at the same moment, each gets it in turn', async () => {
    await using home = await family('strict')
    const [frozen, tab] = home.tabs
    await frozen.call('lease', 'a key', SHORT_TTL)
    await freeze(frozen)
    expect(await tab.call('rivals', 5, 'a key', SHORT_TTL)).toEqual(Array.from({ length: 5 }, () => 'ok'))
    await thaw(frozen)
    expect(await frozen.call('writeUnderLease', 'a key', 'late')).toBe('lease-lost')
    expect(await tab.call('locks')).toEqual([])
  })

  it('P1 a holder that is alive keeps its lease for longer than its ttl, however slow its tab is', async () => {
    await using home = await family('strict')
    const [slow, waiting] = home.tabs
    await slow.devtools.send('Emulation.setCPUThrottlingRate', { rate: 5 })
    await slow.call('lease', 'a key', SHORT_TTL)
    let taken = false
    const leased = waiting.call('lease', 'a key', SHORT_TTL).then(() => (taken = true))
    await waiting.call('outlast', 2 * SHORT_TTL)
    expect(taken).toBe(false)
    expect(await slow.call('writeUnderLease', 'a key', 'mine')).toBe('ok')
    await slow.call('release', 'a key')
    await leased
  })

  it('P7 a tab that is frozen in the middle of a token request holds up the other for the ttl, and loses nothing', async () => {
    await using home = await family('grace', SHORT_TTL)
    const { fake, clock, tabs } = home
    const [frozen, next] = tabs
    fake.fail('slow', { holds: 'answer' })
    const asked = frozen.call('ask')
    await vi.waitFor(() => expect(fake.openRequests).toBe(1))
    await freeze(frozen)
    expect(await next.call('ask')).toBe(1)
    await clock.advance(5_000)
    await thaw(frozen)
    expect(await asked).toBe(1)
    expect(await home.live(tabs, REFRESH_DUE, 2)).toEqual([well(2), well(2)])
    expect(fake.failedLogins).toBe(0)
  })

  it('P1 a tab whose processor is slowed down twentyfold keeps step with the other', async () => {
    await using home = await family('strict')
    const { fake, tabs, live } = home
    await tabs[0].devtools.send('Emulation.setCPUThrottlingRate', { rate: 20 })
    for (const generation of [1, 2, 3]) {
      expect(await live(tabs, generation === 1 ? 0 : REFRESH_DUE, generation)).toEqual([
        well(generation),
        well(generation),
      ])
    }
    expect([...fake.spent.values()]).toEqual(once(3))
  })
})
