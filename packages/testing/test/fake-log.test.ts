import { inspect } from 'node:util'
import { fingerprint } from '@evergrant/core'
import { fakeTastytrade, VirtualClock, type RecordedRequest } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { DOORS, openScene } from './doors.ts'

describe.each(DOORS)('the log of the fake, through the %s', (door) => {
  it('shows requests in order of arrival, frozen, and a new list after each change', async () => {
    await using scene = await openScene(door)
    const { fake, clock } = scene
    expect(fake.requests).toEqual([])
    await scene.askToken()
    const before = fake.requests
    expect(fake.requests).toBe(before)
    await clock.advance(1_000)
    await scene.send('/nothing?refresh_token=in-the-query')
    expect(before).toHaveLength(1)
    expect(fake.requests.map(({ at, path }) => [at, path])).toEqual([
      [clock.time - 1_000, '/oauth/token'],
      [clock.time, '/nothing'],
    ])
    expect(Object.isFrozen(fake.requests) && fake.requests.every(Object.isFrozen)).toBe(true)
  })

  it('P11 holds no secret', async () => {
    await using scene = await openScene(door, { rotation: 'strict' })
    const { fake } = scene
    const granted = (await scene.grantOf()).json
    await scene.api('/customers/me', String(granted['access_token']))
    fake.fail('echo-secrets')
    await scene.grantOf({ refreshToken: String(granted['refresh_token']) })
    const shown =
      inspect([fake.requests, fake.spent], { depth: 10, maxStringLength: null }) + JSON.stringify(fake.requests)
    const { clientSecret, refreshToken } = fake.credentials
    for (const secret of [clientSecret, refreshToken, granted['access_token'], granted['refresh_token']]) {
      expect(shown).not.toContain(String(secret))
    }
  })

  it('says which requests carried a credential', async () => {
    await using scene = await openScene(door)
    await scene.send('/')
    await scene.send('/oauth/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    await scene.askToken()
    await scene.askToken({ form: true })
    await scene.api('/customers/me', 'x')
    expect(scene.fake.requests.map(({ credential }) => credential)).toEqual([false, false, true, true, true])
  })

  it('counts by any members', async () => {
    await using scene = await openScene(door)
    const { fake } = scene
    await scene.askToken()
    await scene.grantOf({ refreshToken: 'wrong' })
    await scene.send('/')
    expect(fake.count()).toBe(3)
    expect(fake.count({ kind: 'token' })).toBe(2)
    expect(fake.count({ kind: 'token', outcome: 'granted' })).toBe(1)
    expect(fake.count({ kind: 'api', outcome: 'granted' })).toBe(0)
    expect(fake.count({ path: '/', status: 404 })).toBe(1)
    expect(fake.tokenRequests).toBe(2)
    expect(fake.failedLogins).toBe(1)
  })

  it('sees how many requests are in flight, and how often and how tightly each refresh token was sent', async () => {
    await using scene = await openScene(door)
    const { fake, clock } = scene
    const other = fake.createGrant()
    fake.fail('slow', { delay: 1_000, times: 3 })
    const answers = [scene.askToken(), scene.askToken({ form: true }), scene.askToken(other)]
    await clock.settleUntil(() => fake.count({ outcome: 'granted' }) === 3)
    expect([fake.openRequests, fake.peakOpen]).toEqual([3, 3])
    expect(fake.spentOf(fake.credentials.refreshToken)).toEqual({ sent: 2, open: 2, peakOpen: 2 })
    await clock.advance(1_000)
    await Promise.all(answers)
    await scene.askToken()
    expect([fake.openRequests, fake.peakOpen]).toEqual([0, 3])
    expect(fake.spentOf(fake.credentials.refreshToken)).toEqual({ sent: 3, open: 0, peakOpen: 2 })
    expect(fake.spentOf('never sent')).toEqual({ sent: 0, open: 0, peakOpen: 0 })
    expect([...fake.spent]).toEqual([
      [fingerprint(fake.credentials.refreshToken), { sent: 3, open: 0, peakOpen: 2 }],
      [fingerprint(other.refreshToken), { sent: 1, open: 0, peakOpen: 1 }],
    ])
  })

  it('sees a refresh token also where it was refused, dropped or never reached the server', async () => {
    await using scene = await openScene(door)
    const { fake } = scene
    fake.fail('server-error')
    fake.fail('connection-reset')
    await scene.askToken()
    await scene.askToken().catch(() => undefined)
    await scene.askToken({ headers: { 'user-agent': 'node' } })
    expect(fake.spentOf(fake.credentials.refreshToken)).toEqual({ sent: 3, open: 0, peakOpen: 1 })
  })

  it('tells a listener of each request once, when its fate is known', async () => {
    await using scene = await openScene(door)
    const { fake, clock } = scene
    const told: RecordedRequest[] = []
    const stop = fake.onRequest((request) => void told.push(request))
    await scene.askToken()
    expect(told).toEqual(fake.requests)
    fake.fail('never-answers')
    const leave = new AbortController()
    const gone = scene.askToken({ signal: leave.signal }).catch(() => undefined)
    await clock.settleUntil(() => told.length === 2)
    expect(told[1]).toMatchObject({ outcome: 'never-answered', status: null })
    leave.abort()
    await gone
    await clock.settleUntil(() => fake.openRequests === 0)
    stop[Symbol.dispose]()
    await scene.askToken()
    expect(told).toHaveLength(2)
  })

  it('forgets on request, but not who is still there', async () => {
    await using scene = await openScene(door)
    const { fake, clock } = scene
    await Promise.all([scene.askToken(), scene.askToken(), scene.askToken()])
    fake.fail('slow', { delay: 1, times: 2 })
    const both = [scene.askToken(), scene.askToken()]
    await clock.settleUntil(() => fake.openRequests === 2)
    await clock.advance(1)
    await Promise.all(both)
    await scene.grantOf({ refreshToken: 'wrong' })
    expect([fake.failedLogins, fake.requests.length]).toEqual([1, 6])
    expect(fake.peakOpen).toBeGreaterThanOrEqual(2)
    const account = fake.grant.accountNumbers[0] ?? ''
    await scene.api(`/accounts/${account}/orders/dry-run`, fake.mintAccessToken(), { method: 'POST', body: '{}' })
    fake.fail('slow', { delay: 1_000 })
    const late = scene.grantOf()
    await clock.settleUntil(() => fake.openRequests === 1)
    fake.resetLog()
    expect(fake.requests).toEqual([])
    expect([fake.count(), fake.tokenRequests, fake.failedLogins, fake.dryRuns.size]).toEqual([0, 0, 0, 0])
    expect([fake.openRequests, fake.peakOpen]).toEqual([1, 1])
    expect([...fake.spent.values()]).toEqual([{ sent: 0, open: 1, peakOpen: 1 }])
    await clock.advance(1_000)
    expect((await late).status).toBe(200)
    expect([fake.openRequests, fake.count()]).toEqual([0, 0])
    expect([...fake.spent.values()]).toEqual([{ sent: 0, open: 0, peakOpen: 1 }])
  })
})

describe('repeatability', () => {
  function run(seed: number) {
    let state = seed
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    return fakeTastytrade({ clock: new VirtualClock(), random })
  }

  it('P16 the same random source makes the same tokens, another makes others', () => {
    expect(run(5).credentials).toEqual(run(5).credentials)
    expect(run(5).mintAccessToken()).toBe(run(5).mintAccessToken())
    expect(run(5).credentials.refreshToken).not.toBe(run(6).credentials.refreshToken)
  })

  it('two fakes share no secret unless they are made to', () => {
    const [one, two] = [fakeTastytrade(), fakeTastytrade()]
    expect(one.credentials.clientId).not.toBe(two.credentials.clientId)
    expect(one.credentials.clientSecret).not.toBe(two.credentials.clientSecret)
    expect(one.credentials.refreshToken).not.toBe(two.credentials.refreshToken)
  })
})
