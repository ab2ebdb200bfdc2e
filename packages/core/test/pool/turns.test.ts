import { EvergrantError, memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPoolRig, MINUTE, names, ROOMY, SECOND, watchAll } from './pool-rig.ts'

const PATIENT = { maxWait: 10 * MINUTE }

describe('turns at the server', () => {
  let rig: ReturnType<typeof createPoolRig>
  beforeEach(() => (rig = createPoolRig({ latency: SECOND })))
  afterEach(() => rig.close())

  /** Accounts whose tokens of this age are all due for renewal, with one request under way. */
  async function withRenewalsDue(count: number, age = 10 * MINUTE) {
    const store = memoryStore()
    const accounts = names(count)
    const before = rig.open({ store, policy: ROOMY, concurrency: count })
    watchAll(before, accounts)
    await rig.clock.advance(2 * SECOND)
    await before.dispose()
    await rig.clock.advance(age)
    const policy = { ...ROOMY, leadJitter: 0, leadFraction: 1 - age / (15 * MINUTE) + 0.01 }
    const pool = rig.open({ store, policy, concurrency: 1 })
    watchAll(pool, accounts)
    await rig.clock.settle()
    rig.server.requests.length = 0
    return { pool, accounts }
  }

  it('are given to so many at once, and everybody gets one', async () => {
    const pool = rig.open({ policy: ROOMY, concurrency: 4 })
    const served = watchAll(pool, names(20))
    await rig.clock.advance(2 * SECOND)
    expect(served).toHaveLength(8)
    await rig.clock.advance(3 * SECOND)
    expect(served).toEqual(names(20))
    expect(rig.server.peak).toBe(4)
  })

  it('are as many as the login budget has room for, unless more is said', async () => {
    const pool = rig.open()
    watchAll(pool, names(10))
    await rig.clock.advance(4 * SECOND)
    expect(rig.server.peak).toBe(3)
    expect(rig.server.requests).toHaveLength(10)
  })

  it('P6 go to whoever waits for a token before those who renew one ahead of time', async () => {
    const { pool } = await withRenewalsDue(30)
    const served = watchAll(pool, ['cold'])
    await rig.clock.advance(2 * SECOND)
    expect(served).toEqual(['cold'])
    expect(rig.server.requests.length).toBeLessThanOrEqual(2)
  })

  it('go first to a renewal that a caller waits for', async () => {
    const { pool } = await withRenewalsDue(30)
    let renewed = false
    void pool
      .session('account-29')
      .refresh()
      .then(() => (renewed = true))
    await rig.clock.advance(2 * SECOND)
    expect(renewed).toBe(true)
  })

  it('leave a renewal where it is if its caller has a token already', async () => {
    const { pool } = await withRenewalsDue(30)
    expect((await pool.session('account-29').getToken({ minTtl: SECOND })).generation).toBe(1)
    await rig.clock.advance(5 * SECOND)
    expect(rig.server.of('account-29')).toEqual([])
  })

  it('P6 come in time for a served token, however many cold accounts rush in', async () => {
    const store = memoryStore()
    const pool = rig.open({ store, policy: { ...ROOMY, leadJitter: 0, leadFraction: 0.11 }, concurrency: 1 })
    watchAll(pool, ['served'])
    await rig.clock.advance(13 * MINUTE)
    const seen: (number | null)[] = []
    pool.session('served').token$.subscribe((token) => seen.push(token?.generation ?? null))
    watchAll(pool, names(300), PATIENT)
    await rig.clock.advance(3 * MINUTE)
    expect(seen).toEqual([1, 2])
  })

  it('go to the cold too, however many served tokens are at their last call', async () => {
    // Their last call comes half a minute later, while 70 of them wait.
    const { pool } = await withRenewalsDue(100, 13.5 * MINUTE)
    await rig.clock.advance(31 * SECOND)
    const served = watchAll(pool, ['cold-0', 'cold-1'])
    await rig.clock.advance(5 * SECOND)
    expect(served).toEqual(['cold-0', 'cold-1'])
  })

  it('are kept by those whom the budget has no room for, so that the others do not ask the store in vain', async () => {
    const memory = memoryStore()
    let leases = 0
    const store = {
      ...memory,
      lease: (...asked: Parameters<typeof memory.lease>) => {
        leases += 1
        return memory.lease(...asked)
      },
    }
    // Another process that has the whole budget under way.
    const other = rig.open({ store: memory, concurrency: 3 })
    rig.server.failAll('silence')
    watchAll(other, ['x', 'y', 'z'])
    await rig.clock.advance(SECOND)
    rig.server.failAll(null)
    const served = watchAll(rig.open({ store }), names(100), PATIENT)
    await rig.clock.advance(5 * SECOND)
    expect(rig.server.requests).toHaveLength(3)
    // Three turns, each of which asks again after 250 to 500 ms.
    expect(leases).toBeGreaterThan(20)
    expect(leases).toBeLessThanOrEqual(63)
    await rig.clock.advance(2 * MINUTE)
    expect(served).toHaveLength(100)
  })

  it('P14 are given up at a sign-out, before anything is sent, and nobody waits for them', async () => {
    const pool = rig.open({ concurrency: 1 })
    const served = watchAll(pool, names(3))
    const ends: string[] = []
    pool.events$.subscribe(({ account, event }) => {
      if (event.type === 'refresh-ended') ends.push(`${account}: ${event.outcome}`)
    })
    await rig.clock.settle()
    await pool.session('account-1').signOut()
    await rig.clock.settle()
    expect(ends).toEqual(['account-1: cancelled'])
    await rig.clock.advance(3 * SECOND)
    expect(served).toEqual(['account-1: signed-out', 'account-0', 'account-2'])
    expect(rig.server.of('account-1')).toEqual([])
    expect(pool.session('account-1').getSnapshot()).toMatchObject({ state: 'unauthenticated', reason: 'signed-out' })
  })

  it('P14 are taken anew with new credentials', async () => {
    const pool = rig.open({ concurrency: 1 })
    const served = watchAll(pool, names(3))
    await rig.clock.settle()
    await pool.session('account-1').setCredentials({ refreshToken: 'another' })
    await rig.clock.advance(4 * SECOND)
    expect(served).toEqual(['account-0', 'account-2', 'account-1'])
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual([
      'refresh of account-0',
      'refresh of account-2',
      'another',
    ])
  })

  it('P1 are not lost by a caller who leaves: the wait ends at once, the request is made', async () => {
    const pool = rig.open({ concurrency: 1 })
    watchAll(pool, ['account-0'])
    const controller = new AbortController()
    const left = pool.session('account-1').getToken({ signal: controller.signal })
    const stayed = watchAll(pool, ['account-1'])
    await rig.clock.settle()
    controller.abort(new Error('changed my mind'))
    await expect(left).rejects.toThrow('changed my mind')
    await rig.clock.advance(2 * SECOND)
    expect(stayed).toEqual(['account-1'])
  })

  it('P12 are waited for no longer than a caller wants', async () => {
    const pool = rig.open({ concurrency: 1 })
    const served = watchAll(pool, names(3), { maxWait: 1_500 })
    await rig.clock.advance(1_500)
    expect(served).toEqual(['account-0', 'account-1: wait-timeout', 'account-2: wait-timeout'])
  })

  it('P12 are given up by dispose, which waits for the requests under way alone', async () => {
    const store = memoryStore()
    const pool = rig.open({ store, concurrency: 2 })
    const served = watchAll(pool, names(50))
    await rig.clock.settle()
    let ended = false
    const end = pool.dispose().then(() => (ended = true))
    await rig.clock.settle()
    expect(served).toHaveLength(50)
    expect(served[49]).toBe('account-49: disposed')
    expect(ended).toBe(false)
    await rig.clock.advance(SECOND)
    await end
    expect(rig.server.requests).toHaveLength(2)
    // What was answered is saved: nothing is lost (P7).
    const saved = (await store.read('grant/account-1'))?.value as { token: object | null }
    expect(saved.token).not.toBeNull()
  })

  it('are free again after a store failed', async () => {
    const memory = memoryStore()
    let failing = true
    const unavailable = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'l' } })
    const store = {
      ...memory,
      lease: (...asked: Parameters<typeof memory.lease>) =>
        failing ? Promise.reject(unavailable) : memory.lease(...asked),
    }
    const pool = rig.open({ store, concurrency: 1 })
    const served = watchAll(pool, names(5), PATIENT)
    await rig.clock.advance(SECOND)
    failing = false
    await rig.clock.advance(MINUTE)
    expect(served.toSorted()).toEqual(names(5))
  })
})
