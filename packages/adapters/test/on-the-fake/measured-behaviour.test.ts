import { memoryStore } from '@evergrant/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createRig, follow } from './rig.ts'

const DAY = 86_400_000

describe('what the peers were measured by', () => {
  let rig: ReturnType<typeof createRig>
  afterEach(() => rig.close())

  it('P1 a thousand concurrent cold callers cause one token request', async () => {
    rig = createRig()
    const { api } = rig.open()
    const calls = Array.from({ length: 1_000 }, () => follow(rig.clock, () => api.get('customers/me').json()))
    await rig.clock.advance(1_000)
    expect(calls.filter(({ outcome }) => outcome === 'ok')).toHaveLength(1_000)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('P2 two hundred calls after a revocation cause one token request, and a restart none', async () => {
    rig = createRig()
    rig.fake.revokeGrant()
    const store = memoryStore()
    const { api, session } = rig.open({ store })
    for (let call = 0; call < 200; call += 1) {
      const asked = follow(rig.clock, () => api.get('customers/me').json())
      await rig.clock.settle()
      expect(asked.outcome).toBe('grant-revoked')
    }
    expect(rig.fake.count()).toBe(1)
    await session.dispose()
    const restarted = rig.open({ store })
    for (let call = 0; call < 20; call += 1) {
      const asked = follow(rig.clock, () => restarted.api.get('customers/me').json())
      await rig.clock.settle()
      expect(asked.outcome).toBe('grant-revoked')
    }
    await rig.clock.advance(DAY)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('P12 a token endpoint that never answers: three hundred callers in 30 s, each told in time, three connections', async () => {
    rig = createRig()
    rig.fake.fail('never-answers', { times: Number.POSITIVE_INFINITY })
    const { api } = rig.open()
    const calls = []
    for (let tick = 0; tick < 300; tick += 1) {
      calls.push(follow(rig.clock, () => api.get('customers/me', { timeout: false }).json()))
      await rig.clock.advance(100)
    }
    expect(rig.fake.tokenRequests).toBeLessThanOrEqual(3)
    await rig.clock.advance(30_000)
    for (const call of calls) {
      expect(['wait-timeout', 'token-unavailable']).toContain(call.outcome)
      // What `bearer()` of ky waits for a token.
      expect(call.took).toBeLessThanOrEqual(8_000)
    }
    expect(rig.fake.peakOpen).toBe(1)
  })

  it('P6 twenty two-second lifetimes, a request every 50 ms: none waits, none sees a 401', async () => {
    rig = createRig({ lifetime: 2 })
    rig.fake.fail('slow', { times: Number.POSITIVE_INFINITY, delay: 80 })
    const { api, session } = rig.open()
    const first = session.getToken()
    await rig.clock.advance(100)
    await first
    const calls = []
    for (let tick = 0; tick < 800; tick += 1) {
      calls.push(follow(rig.clock, () => api.get('customers/me').json()))
      await rig.clock.advance(50)
    }
    expect(calls.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
    expect(calls.filter(({ took }) => took > 20)).toEqual([])
    expect(rig.fake.requests.filter(({ status }) => status === 401)).toEqual([])
    expect(rig.fake.tokenRequests).toBeGreaterThanOrEqual(20)
    expect(rig.fake.tokenRequests).toBeLessThanOrEqual(40)
  })

  it('P6 refreshes go on with no caller at all', async () => {
    rig = createRig()
    const { session } = rig.open()
    const first = session.getToken()
    await rig.clock.settle()
    await first
    await rig.clock.advance(3_600_000)
    expect(rig.fake.tokenRequests).toBeGreaterThanOrEqual(6)
    expect(session.peekToken()).not.toBeNull()
  })

  it('P13 tokens of sixty days cause no storm', async () => {
    rig = createRig({ lifetime: 60 * 86_400 })
    const { session } = rig.open()
    follow(rig.clock, () => session.getToken())
    await rig.clock.advance(30 * DAY)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('P10 two hundred concurrent calls with a token invalidated early: one refresh, nobody fails', async () => {
    rig = createRig()
    const { api } = rig.open()
    follow(rig.clock, () => api.get('customers/me').json())
    await rig.clock.advance(10_000)
    rig.fake.invalidateAccessTokens()
    const calls = Array.from({ length: 200 }, () => follow(rig.clock, () => api.get('customers/me').json()))
    await rig.clock.advance(1_000)
    expect(calls.filter(({ outcome }) => outcome === 'ok')).toHaveLength(200)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('P10 an order whose token was refused is not placed again', async () => {
    rig = createRig()
    const { api } = rig.open()
    follow(rig.clock, () => api.get('customers/me').json())
    await rig.clock.advance(10_000)
    rig.fake.invalidateAccessTokens()
    const before = rig.fake.count({ kind: 'api' })
    const [account] = rig.fake.grant.accountNumbers
    const order = follow(rig.clock, () => api.post(`accounts/${account}/orders/dry-run`, { json: { size: 1 } }).json())
    await rig.clock.advance(1_000)
    expect(order.outcome).toBe('HTTPError')
    expect(rig.fake.count({ kind: 'api' }) - before).toBe(1)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('P9 one 429 in a burst costs one request', async () => {
    rig = createRig()
    rig.fake.fail('too-many-requests', { retryAfter: 5 })
    const { api } = rig.open()
    const calls = Array.from({ length: 40 }, () => follow(rig.clock, () => api.get('customers/me').json()))
    await rig.clock.advance(4_900)
    expect(rig.fake.tokenRequests).toBe(1)
    await rig.clock.advance(1_000)
    expect(calls.filter(({ outcome }) => outcome === 'ok')).toHaveLength(40)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('P7 strict rotation: a day of lifetimes in one process, and the grant lives', async () => {
    rig = createRig({ rotation: 'strict' })
    const { session } = rig.open()
    follow(rig.clock, () => session.getToken())
    await rig.clock.advance(DAY)
    expect(session.getSnapshot().state).toBe('valid')
    expect(rig.fake.failedLogins).toBe(0)
    expect(rig.fake.tokenRequests).toBeGreaterThan(140)
  })

  it('P4 the address block of eight hours: no credential leaves until it is over', async () => {
    rig = createRig({ blockAfter: 3 })
    const { session } = rig.open()
    follow(rig.clock, () => session.getToken())
    await rig.clock.settle()
    rig.fake.block()
    await rig.clock.advanceUntil(() => session.getSnapshot().state === 'blocked', { limit: 3_600_000 })
    const sent = rig.fake.tokenRequests
    await rig.clock.advance(7 * 3_600_000)
    expect(rig.fake.tokenRequests).toBe(sent)
    await rig.clock.advanceUntil(() => session.getSnapshot().state === 'valid', { limit: 2 * 3_600_000 })
    expect(rig.fake.tokenRequests).toBe(sent + 1)
  })

  it('P3 a bot in a restart loop with a wrong secret never earns the block', async () => {
    rig = createRig({ blockAfter: 4 })
    const store = memoryStore()
    for (let restart = 0; restart < 30; restart += 1) {
      const { session } = rig.open({
        store,
        credentials: { clientSecret: `wrong-${restart}`, refreshToken: 'unknown' },
      })
      follow(rig.clock, () => session.getToken())
      await rig.clock.advance(2_000)
      await session.dispose()
    }
    expect(rig.fake.blocked).toBe(false)
    expect(rig.fake.failedLogins).toBe(3)
  })

  it.for([
    ['hours off', 'date-skew', { by: 5 * 3_600_000 }],
    ['cached', 'cached-date', { age: 5 * 3_600 }],
  ] as const)('P15 a Date that is %s brings no storm', async ([, fault, parameters]) => {
    rig = createRig()
    rig.fake.fail(fault, { times: Number.POSITIVE_INFINITY, ...parameters })
    const { session } = rig.open()
    follow(rig.clock, () => session.getToken())
    await rig.clock.advance(3_600_000)
    expect(rig.fake.tokenRequests).toBeLessThanOrEqual(7)
    expect(session.peekToken()).not.toBeNull()
  })
})
