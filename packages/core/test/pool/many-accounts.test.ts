import { defaultPolicy, memoryStore, type SessionPoolOptions } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPoolRig, HOUR, MINUTE, names, REVOKED, ROOMY, SECOND, watchAll, type PoolRequest } from './pool-rig.ts'

/** The most requests that began within one second. */
function busiestSecond(requests: readonly PoolRequest[]): number {
  const counts = new Map<number, number>()
  for (const { at } of requests) counts.set(Math.floor(at / SECOND), (counts.get(Math.floor(at / SECOND)) ?? 0) + 1)
  return Math.max(...counts.values())
}

describe('many accounts', () => {
  let rig: ReturnType<typeof createPoolRig>
  beforeEach(() => (rig = createPoolRig()))
  afterEach(() => rig.close())

  it('P6 whose tokens were issued in the same second come due over the first half of the lead, and none waits', async () => {
    rig = createPoolRig({ latency: 0 })
    const accounts = names(1_000)
    const pool = rig.open({ policy: ROOMY, concurrency: 10 })
    watchAll(pool, accounts)
    await rig.clock.advance(SECOND)
    const issued = rig.clock.time
    expect(busiestSecond(rig.server.requests)).toBe(1_000)
    rig.server.requests.length = 0
    await rig.clock.advance(10 * MINUTE - 2 * SECOND)
    expect(rig.server.requests).toEqual([])
    const usable = () => accounts.every((account) => pool.session(account).peekToken() !== null)
    for (let half = 0; half < 5; half += 1) {
      await rig.clock.advance(30 * SECOND)
      expect(usable()).toBe(true)
    }
    await rig.clock.advance(2 * SECOND)
    expect(rig.server.requests).toHaveLength(1_000)
    // Evenly it would be seven a second.
    expect(busiestSecond(rig.server.requests)).toBeLessThan(20)
    expect(rig.clock.time - issued).toBe(12.5 * MINUTE)
  })

  it('come due together again if the policy says so', async () => {
    rig = createPoolRig({ latency: 0 })
    const pool = rig.open({ policy: { ...ROOMY, leadJitter: 0 }, concurrency: 10 })
    watchAll(pool, names(100))
    await rig.clock.advance(SECOND)
    rig.server.requests.length = 0
    await rig.clock.advance(10 * MINUTE)
    expect(busiestSecond(rig.server.requests)).toBe(100)
  })

  it('P3 of which many are revoked cost three failed logins in ten minutes, and the others are served meanwhile', async () => {
    const accounts = names(1_000)
    const revoked = accounts.filter((_, index) => index % 10 === 9)
    for (const account of revoked) rig.server.fail(account, REVOKED)
    const store = memoryStore()
    const served = watchAll(rig.open({ store }), accounts, { maxWait: HOUR })
    await rig.clock.advance(9 * MINUTE)
    const failed = () => revoked.filter((account) => rig.server.of(account).length > 0)
    expect(failed()).toEqual(['account-9', 'account-19', 'account-29'])
    const isFailure = (line: string) => line.endsWith(': grant-revoked')
    expect(served.filter(isFailure)).toHaveLength(3)
    // All that were asked for before the third.
    expect(served.filter((line) => !isFailure(line)).length).toBeGreaterThanOrEqual(24)
    expect(served.length).toBeLessThan(35)
    await rig.clock.advance(21 * MINUTE)
    expect(failed().length).toBeGreaterThanOrEqual(9)
    const logins = rig.server.requests.filter(({ refreshToken }) =>
      revoked.includes(refreshToken.slice('refresh of '.length)),
    )
    for (const [index, { at }] of logins.slice(3).entries()) {
      expect(at - (logins[index]?.at ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE)
    }
    // Nobody who was condemned is asked for again (P2).
    for (const account of failed()) expect(rig.server.of(account)).toHaveLength(1)
    expect(rig.server.peak).toBe(3)
  })

  it('P3 are all served in the end, with a budget that suits their number', async () => {
    const accounts = names(1_000)
    for (const account of accounts.slice(0, 100)) rig.server.fail(account, REVOKED)
    const policy = { loginBudget: 150 }
    const served = watchAll(rig.open({ policy, concurrency: 20 }), accounts, { maxWait: HOUR })
    await rig.clock.advance(MINUTE)
    expect(served).toHaveLength(1_000)
    expect(served.filter((line) => line.endsWith(': grant-revoked'))).toHaveLength(100)
    expect(rig.server.requests).toHaveLength(1_000)
    expect(rig.server.peak).toBe(20)
  })

  describe('behind one block', () => {
    async function intoBlock(count: number, more: Partial<SessionPoolOptions> = {}) {
      const accounts = names(count)
      rig.server.failAll('silence')
      rig.server.reach(false)
      const pool = rig.open({ idleAfter: Number.POSITIVE_INFINITY, ...more })
      watchAll(pool, accounts)
      const all = (state: string) => accounts.every((account) => pool.session(account).getSnapshot().state === state)
      await rig.clock.advanceUntil(() => all('blocked'), { limit: HOUR })
      const sent = rig.server.requests.length
      return { pool, sent, all }
    }

    it('P4 send nothing, and probe as one', async () => {
      const { sent } = await intoBlock(200)
      // Three at a time, until six in a row were not answered.
      expect(sent).toBeLessThanOrEqual(8)
      await rig.clock.advance(7 * HOUR)
      expect(rig.server.requests).toHaveLength(sent)
      // At 15, 30 and 60 minutes, then hourly.
      expect(rig.server.probes).toBe(9)
    })

    it('P4 make one attempt when a probe is answered, and go by the schedule again if that fails', async () => {
      const { sent, all } = await intoBlock(200)
      rig.server.reach(true)
      await rig.clock.advance(15 * MINUTE + SECOND)
      const attempts = () => rig.server.requests.length - sent
      expect(attempts()).toBe(1)
      await rig.clock.advance(14 * MINUTE)
      expect(attempts()).toBe(1)
      await rig.clock.advance(2 * HOUR)
      expect(attempts()).toBeLessThanOrEqual(4)
      rig.server.failAll(null)
      await rig.clock.advance(HOUR + MINUTE)
      expect(all('valid')).toBe(true)
    })

    it('P4 make one attempt at its end too', async () => {
      const { sent } = await intoBlock(100, { concurrency: 1 })
      await rig.clock.advance(8 * HOUR + 10 * MINUTE)
      expect(rig.server.requests.length - sent).toBe(1)
    })

    it('P4 do not keep each other from probing again when the one who asked first is gone', async () => {
      const { pool } = await intoBlock(3)
      rig.server.reach(true)
      rig.server.failAll(null)
      const gone: string[] = []
      pool.events$.subscribe(({ account, event }) => {
        if (event.type !== 'probed' || !event.reachable || gone.length > 0) return
        gone.push(account)
        void pool.remove(account)
      })
      await rig.clock.advance(15 * MINUTE + 30 * SECOND)
      expect(gone).toHaveLength(1)
      expect(rig.server.probes).toBe(2)
      expect(pool.accounts.map((account) => pool.session(account).getSnapshot().state)).toEqual(['valid', 'valid'])
    })
  })

  it('P14 tell of no probe of an account that was signed out meanwhile', async () => {
    rig = createPoolRig({ latency: SECOND })
    const pool = rig.open()
    rig.server.failAll('silence')
    watchAll(pool, names(3))
    await rig.clock.advance(5 * MINUTE)
    const probed: string[] = []
    pool.events$.subscribe(({ account, event }) => {
      if (event.type === 'probed') probed.push(account)
    })
    await rig.clock.advanceUntil(() => rig.server.probes === 1)
    await pool.session('account-1').signOut()
    await rig.clock.advance(2 * SECOND)
    expect(probed.toSorted()).toEqual(['account-0', 'account-2'])
  })

  it('do not feel the fault of one of them', async () => {
    const memory = memoryStore()
    const store = {
      ...memory,
      read: (key: string) => (key === 'grant/account-1' ? Promise.reject(new Error('a fault')) : memory.read(key)),
    }
    const pool = rig.open({ store, concurrency: 1 })
    const served = watchAll(pool, names(4))
    await rig.clock.advance(10 * SECOND)
    expect(served.toSorted()).toEqual(['account-0', 'account-1: internal', 'account-2', 'account-3'])
    rig.server.requests.length = 0
    await rig.clock.advance(HOUR)
    expect(new Set(rig.server.requests.map(({ refreshToken }) => refreshToken)).size).toBe(3)
  })

  it('P16 have the same story twice', async () => {
    async function story(): Promise<string[]> {
      const own = createPoolRig()
      const pool = own.open()
      const told: string[] = []
      pool.events$.subscribe(({ account, event }) => told.push(`${event.at} ${account} ${event.type}`))
      own.server.fail('account-3', REVOKED)
      watchAll(pool, names(20))
      await own.clock.advance(20 * MINUTE)
      await own.close()
      return told
    }
    const first = await story()
    expect(first.length).toBeGreaterThan(300)
    expect(await story()).toEqual(first)
  })

  it('have the lead of a single session at the least', () => {
    expect(defaultPolicy.leadFraction / 2).toBeGreaterThan(defaultPolicy.mandatoryFraction)
  })
})
