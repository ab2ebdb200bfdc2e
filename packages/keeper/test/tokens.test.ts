import { tastytrade } from '@evergrant/adapters/tastytrade'
import { describe, expect, it } from 'vitest'
import { openRig, type Rig } from './support/rig.ts'

async function tokenOf(rig: Rig, key: string, query = ''): Promise<Record<string, unknown>> {
  const answer = await rig.soon(rig.ask(key, `/api/v1/token${query}`))
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>
}

describe('a token', () => {
  it('is given to whoever has a key for it, once credentials were posted', async () => {
    await using rig = await openRig()
    const posted = await rig.post('anna')
    expect(posted.status).toBe(201)
    expect(await posted.json()).toEqual({
      account: 'anna',
      state: 'valid',
      generation: 1,
      expires_at: '2026-03-02T14:45:00.000Z',
    })
    const answer = await rig.ask(await rig.key(['token'], ['anna']), '/api/v1/token')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({
      account: 'anna',
      token_type: 'Bearer',
      expires_at: '2026-03-02T14:45:00.000Z',
      expires_in: 900,
      generation: 1,
      scope: 'read trade',
      api_base_url: 'https://api.tastyworks.com',
    })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('counts down, and is renewed ahead of its end without a request to wait for', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    const first = await tokenOf(rig, key, '?account=anna')
    await rig.clock.advance(1_500)
    expect(await tokenOf(rig, key, '?account=anna')).toEqual({ ...first, expires_in: 898 })
    await rig.clock.advance(800_000)
    expect(rig.fake.tokenRequests).toBe(2)
    expect(await tokenOf(rig, key, '?account=anna')).toMatchObject({ generation: 2 })
  })

  it('lives as long as the caller asks, or the answer says that none does', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    await rig.clock.advance(100_000)
    expect(await tokenOf(rig, key, '?account=anna&min_ttl=800')).toMatchObject({ generation: 1 })
    expect(await tokenOf(rig, key, '?account=anna&min_ttl=801')).toMatchObject({ generation: 2, expires_in: 900 })
    const answer = await rig.ask(key, '/api/v1/token?account=anna&min_ttl=100000')
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'min-ttl-unreachable' })
  })

  it('that the API has refused is renewed once, however many callers say so and when', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    await tokenOf(rig, key, '?account=anna')
    const asked = Array.from({ length: 20 }, () => tokenOf(rig, key, '?account=anna&rejected=1'))
    const tokens = await Promise.all(asked)
    expect(new Set(tokens.map(({ generation }) => generation))).toEqual(new Set([2]))
    expect(await tokenOf(rig, key, '?account=anna&rejected=1')).toMatchObject({ generation: 2 })
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('is asked for once for all who wait for it', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    await rig.clock.advance(1_000_000)
    const key = await rig.key(['token'])
    const before = rig.fake.tokenRequests
    await Promise.all(Array.from({ length: 50 }, () => tokenOf(rig, key, '?account=anna')))
    expect(rig.fake.tokenRequests).toBe(before + 1)
  })

  it('is not given for an account that nobody has posted, and the account is not remembered', async () => {
    await using rig = await openRig()
    const key = await rig.key(['token'])
    const answer = await rig.ask(key, '/api/v1/token?account=nobody')
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({
      type: 'urn:evergrant:problem:account-unknown',
      status: 404,
      account: 'nobody',
      help: expect.stringContaining('POST /api/v1/credentials'),
      request_id: expect.stringMatching(/^[0-9a-f]{8}-/),
    })
    const status = await rig.ask(key, '/api/v1/status')
    expect(await status.json()).toMatchObject({ statuses: [] })
  })

  it('of a revoked grant is a problem that says how to mend it, and new credentials do', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    rig.fake.revokeGrant(undefined, { accessTokens: true })
    const key = await rig.key(['token'])
    const answer = await rig.soon(rig.ask(key, '/api/v1/token?account=anna&rejected=1'))
    expect(answer.status).toBe(409)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({
      code: 'grant-revoked',
      account: 'anna',
      help: expect.stringContaining('POST /api/v1/credentials'),
    })
    expect(rig.fake.tokenRequests).toBe(2)
    expect((await rig.ask(key, '/api/v1/token?account=anna')).status).toBe(409)
    expect(rig.fake.tokenRequests).toBe(2)

    expect((await rig.post('anna', rig.fake.createGrant())).status).toBe(201)
    expect(await tokenOf(rig, key, '?account=anna')).toMatchObject({ account: 'anna', expires_in: 900 })
  })

  it('behind a spent budget is a problem that says until when', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    for (const account of ['b', 'c', 'd']) {
      const grant = rig.fake.createGrant()
      rig.fake.revokeGrant(grant.refreshToken)
      expect((await rig.post(account, grant)).status).toBe(422)
    }
    const answer = await rig.soon(rig.ask(await rig.key(['token']), '/api/v1/token?account=anna&rejected=1'))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('600')
    expect(await answer.json()).toMatchObject({
      code: 'login-budget-spent',
      retry_at: '2026-03-02T14:40:00.000Z',
      until: '2026-03-02T14:40:00.000Z',
    })
  })

  it('that does not come in time is a problem, and comes later', async () => {
    await using rig = await openRig({ keeper: { limits: { requestTime: 10_000 } } })
    await rig.post('anna')
    const key = await rig.key(['token'])
    rig.fake.fail('slow', { delay: 12_000 })
    const late = await rig.soon(rig.ask(key, '/api/v1/token?account=anna&rejected=1'))
    expect(late.status).toBe(504)
    expect(await late.json()).toMatchObject({ code: 'wait-timeout' })
    expect(await tokenOf(rig, key, '?account=anna')).toMatchObject({ generation: 2 })
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('is not waited for longer than the caller wants to', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    await rig.clock.advance(10_000)
    rig.fake.fail('slow', { delay: 12_000 })
    const begun = rig.clock.monotonic()
    const late = await rig.soon(rig.ask(key, '/api/v1/token?account=anna&rejected=1&max_wait=3'))
    expect([late.status, rig.clock.monotonic() - begun]).toEqual([504, 3_000])
    expect(await tokenOf(rig, key, '?account=anna&max_wait=1000000')).toMatchObject({ generation: 2 })
  })

  it('is not waited for by a caller who has left', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    rig.fake.fail('slow', { delay: 5_000 })
    const leaving = new AbortController()
    const asked = rig.ask(key, '/api/v1/token?account=anna&rejected=1', { signal: leaving.signal })
    await rig.clock.advanceUntil(() => rig.fake.openRequests === 1)
    leaving.abort()
    expect((await asked).status).toBe(499)
    expect(await tokenOf(rig, key, '?account=anna')).toMatchObject({ generation: 2 })
  })

  it('is not given where it is not clear what is asked for', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    for (const query of [
      'account=anna&account=bert',
      'account=anna&min_ttl=1&min_ttl=2',
      'account=anna&min_ttl=-1',
      'account=anna&min_ttl=1e3',
      'account=anna&rejected=x',
      'account=../anna',
      'account=',
    ]) {
      const answer = await rig.ask(key, `/api/v1/token?${query}`)
      expect([query, answer.status]).toEqual([query, 400])
    }
  })

  it('needs its account named by a key for several', async () => {
    await using rig = await openRig()
    for (const accounts of ['*', ['anna', 'bert']] as const) {
      const answer = await rig.ask(await rig.key(['token'], accounts), '/api/v1/token')
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'account-required' })
    }
  })
})

describe('an account', () => {
  it('that nobody uses sleeps, and wakes with the next call', async () => {
    await using rig = await openRig({ keeper: { idleAfter: 600_000 } })
    await rig.post('anna')
    const key = await rig.key(['token'])
    await tokenOf(rig, key, '?account=anna')
    await rig.clock.advance(7_200_000)
    const asked = rig.fake.tokenRequests
    expect(asked).toBeLessThan(4)
    const status = await rig.ask(key, '/api/v1/status?account=anna')
    expect(await status.json()).toMatchObject({ status: { awake: false, usable: false } })
    expect(await tokenOf(rig, key, '?account=anna')).toMatchObject({ expires_in: 900 })
    expect(rig.fake.tokenRequests).toBe(asked + 1)
  })

  it('is renewed from the start on, and used or not, where all are to be', async () => {
    await using before = await openRig()
    await before.post('anna')
    await before.keeper.dispose()
    const { clock, store, fake } = before
    await using rig = await openRig({
      keeper: { renew: 'all', store, clock, provider: tastytrade({ fetch: fake.fetch }) },
    })
    await clock.advance(7_200_000)
    expect(fake.tokenRequests).toBeGreaterThan(8)
    expect(rig.fake.tokenRequests).toBe(0)
  })
})
