import { TASTYTRADE_FAULTS, type RequestOutcome, type TastytradeFault } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOORS, failureOf, openScene, read, type Scene } from './doors.ts'

describe.each(DOORS)('faults of the fake, through the %s', (door) => {
  let scene: Scene
  beforeEach(async () => {
    scene = await openScene(door)
  })
  afterEach(async () => scene[Symbol.asyncDispose]())

  it.each<[TastytradeFault, object, number, object, RequestOutcome]>([
    [
      'transient-invalid-request',
      {},
      400,
      { error_code: 'invalid_request', error_description: 'User is not a TastyTrade customer' },
      'invalid-request',
    ],
    ['grant-revoked', {}, 400, { error_code: 'invalid_grant', error_description: 'Grant revoked' }, 'grant-revoked'],
    ['invalid-jwt', {}, 400, { error_code: 'invalid_grant', error_description: 'Invalid JWT' }, 'invalid-jwt'],
    [
      'client-secret-mismatch',
      {},
      400,
      { error_code: 'invalid_grant', error_description: 'Client secret mismatch' },
      'client-secret-mismatch',
    ],
    ['rfc-error', {}, 400, { error: 'invalid_grant', error_description: 'Grant revoked' }, 'grant-revoked'],
    [
      'rfc-error',
      { code: 'slow_down', description: 'Later', status: 200 },
      200,
      { error: 'slow_down', error_description: 'Later' },
      'invalid-request',
    ],
    [
      'rfc-error',
      { code: 'access_denied' },
      400,
      { error: 'access_denied', error_description: 'Grant revoked' },
      'grant-revoked',
    ],
    ['object-error', {}, 400, { error: { code: 'invalid_grant', message: 'Grant revoked' } }, 'grant-revoked'],
    [
      'object-error',
      { code: 'invalid_client', description: 'y', status: 422 },
      422,
      { error: { code: 'invalid_client', message: 'y' } },
      'client-unknown',
    ],
    [
      'server-error',
      {},
      500,
      { error: { code: 'internal_server_error', message: 'An internal server error occurred' } },
      'server-error',
    ],
    [
      'server-error',
      { status: 503, code: 'invalid_grant' },
      503,
      { error_code: 'invalid_grant', error_description: 'Failed request to an inner service' },
      'server-error',
    ],
    ['wrong-shape', {}, 200, { token_type: 'Bearer', expires_in: 900, scope: 'read trade' }, 'unreadable'],
  ])('%s %o answers %i with its body, and is over after that', async (fault, parameters, status, body, outcome) => {
    scene.fake.fail(fault, parameters)
    const first = await scene.grantOf()
    expect([first.status, first.json]).toEqual([status, body])
    expect(first.headers.get('content-type')).toMatch(/^application\/json/)
    expect(first.headers.get('date')).toBe(new Date(scene.clock.time).toUTCString())
    expect(scene.fake.requests.at(-1)).toMatchObject({ fault, status, outcome, generation: null })
    expect((await scene.grantOf()).json).toHaveProperty('access_token')
    expect(scene.fake.requests.at(-1)).toMatchObject({ fault: null, outcome: 'granted', generation: 1 })
  })

  it.each<[TastytradeFault, object, number, RegExp, RequestOutcome]>([
    ['edge-html', {}, 401, /^<html>[^]*401 Authorization Required[^]*nginx/, 'edge-refused'],
    ['edge-forbidden-html', {}, 403, /^<html>[^]*403 Forbidden[^]*nginx/, 'edge-refused'],
    ['edge-empty', {}, 401, /^$/, 'edge-refused'],
    ['server-error', { status: 502 }, 502, /^<html>[^]*502/, 'server-error'],
    ['garbage', {}, 200, /no JSON/, 'unreadable'],
    ['too-many-requests', {}, 429, /^$/, 'rate-limited'],
  ])('%s %o answers %i without JSON', async (fault, parameters, status, body, outcome) => {
    scene.fake.fail(fault, parameters)
    const response = await scene.askToken()
    expect(response.status).toBe(status)
    expect(await response.text()).toMatch(body)
    expect(response.headers.get('retry-after')).toBeNull()
    expect(scene.fake.requests).toMatchObject([{ fault, status, outcome }])
    expect(scene.fake.failedLogins).toBe(0)
  })

  it('too-many-requests and server-error say when to come again, in seconds or as a date', async () => {
    scene.fake.fail('too-many-requests', { retryAfter: 7 })
    scene.fake.fail('too-many-requests', { retryAfter: 90, as: 'http-date' })
    scene.fake.fail('server-error', { status: 503, retryAfter: 11 })
    const said = []
    for (let request = 0; request < 3; request += 1) said.push((await scene.askToken()).headers.get('retry-after'))
    expect(said).toEqual(['7', new Date(scene.clock.time + 90_000).toUTCString(), '11'])
    expect(scene.fake.requests.map(({ outcome }) => outcome)).toEqual(['rate-limited', 'rate-limited', 'server-error'])
  })

  it('echo-secrets repeats what it was sent', async () => {
    scene.fake.fail('echo-secrets')
    const { status, json } = await scene.grantOf()
    expect([status, json['error_code']]).toEqual([400, 'invalid_request'])
    expect(json['error_description']).toContain(scene.fake.credentials.refreshToken)
    expect(json['error_description']).toContain(scene.fake.credentials.clientSecret)
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'invalid-request', fault: 'echo-secrets' })
  })

  it('same-token gives the last token again, with what is left of its life or whatever it is told to claim', async () => {
    const first = (await scene.grantOf()).json
    await scene.clock.advance(100_500)
    scene.fake.fail('same-token')
    scene.fake.fail('same-token', { expiresIn: 900 })
    const [left, claimed] = [(await scene.grantOf()).json, (await scene.grantOf()).json]
    expect(left).toEqual({ ...first, expires_in: 799 })
    expect(claimed).toEqual(first)
    expect(scene.fake.requests.map(({ generation }) => generation)).toEqual([1, 1, 1])
    expect((await scene.grantOf()).json['access_token']).not.toBe(first['access_token'])
  })

  it('same-token without a token before is an ordinary grant', async () => {
    scene.fake.fail('same-token')
    expect((await scene.grantOf()).json).toMatchObject({ access_token: expect.any(String) as string, expires_in: 900 })
  })

  it('odd lifetimes come with a token that works', async () => {
    scene.fake.fail('missing-expires-in')
    scene.fake.fail('zero-expires-in')
    scene.fake.fail('odd-expires-in')
    scene.fake.fail('odd-expires-in', { value: null })
    const [missing, zero, odd, none] = [
      await scene.grantOf(),
      await scene.grantOf(),
      await scene.grantOf(),
      await scene.grantOf(),
    ]
    expect(missing.json).not.toHaveProperty('expires_in')
    expect([zero.json['expires_in'], odd.json['expires_in'], none.json['expires_in']]).toEqual([0, 'soon', null])
    for (const { json } of [missing, zero, odd, none]) {
      expect((await scene.api('/customers/me', String(json['access_token']))).status).toBe(200)
    }
  })

  it('empty-refresh-token names a refresh token of no characters', async () => {
    scene.fake.fail('empty-refresh-token')
    expect((await scene.grantOf()).json['refresh_token']).toBe('')
  })

  it('date-skew and cached-date spoil the date and nothing else', async () => {
    scene.fake.fail('date-skew')
    scene.fake.fail('date-skew', { by: -5_000 })
    scene.fake.fail('cached-date', { age: 600 })
    const answers = [await scene.grantOf(), await scene.grantOf(), await scene.grantOf()]
    const off = answers.map(({ headers }) => Date.parse(headers.get('date') ?? '') - scene.clock.time)
    expect(off).toEqual([7_200_000, -5_000, -600_000])
    expect(answers.map(({ headers }) => headers.get('age'))).toEqual([null, null, '600'])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('slow carries the request out at once and holds the answer back', async () => {
    const strict = await openScene(door, { rotation: 'strict' })
    await using _ = strict
    const { fake, clock } = strict
    fake.fail('slow', { delay: 3_000 })
    const made = new Date(clock.time).toUTCString()
    let answered = false
    const answer = strict.grantOf().finally(() => (answered = true))
    await clock.settleUntil(() => fake.count({ outcome: 'granted' }) === 1)
    expect(fake.currentRefreshToken()).not.toBe(fake.credentials.refreshToken)
    await clock.advance(2_999)
    expect([answered, fake.openRequests, fake.requests.at(-1)?.status]).toEqual([false, 1, null])
    await clock.advance(1)
    const { status, headers } = await answer
    expect([status, headers.get('date')]).toEqual([200, made])
    expect(fake.openRequests).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('slow can hold the request instead, and drops it if the client leaves meanwhile', async () => {
    const strict = await openScene(door, { rotation: 'strict' })
    await using _ = strict
    const { fake, clock } = strict
    fake.fail('slow', { delay: 3_000, holds: 'request', times: 2 })
    const answer = strict.grantOf()
    await clock.settleUntil(() => fake.openRequests === 1)
    await clock.advance(3_000)
    const { status, headers, json } = await answer
    expect([status, headers.get('date')]).toEqual([200, new Date(clock.time).toUTCString()])

    const leave = new AbortController()
    const refreshToken = String(json['refresh_token'])
    const failure = failureOf(strict.askToken({ refreshToken, signal: leave.signal }))
    await clock.settleUntil(() => fake.openRequests === 1)
    leave.abort(new Error('enough'))
    expect((await failure).message).toBe('enough')
    await clock.settleUntil(() => fake.openRequests === 0)
    expect(fake.requests.at(-1)).toMatchObject({ outcome: 'aborted', status: null, fault: 'slow' })
    expect(clock.nextAt).toBeNull()
    expect(fake.currentRefreshToken()).toBe(refreshToken)
  })

  it('never-answers keeps the request open until the client leaves, and carries nothing out', async () => {
    const { fake, clock } = scene
    fake.fail('never-answers')
    const leave = new AbortController()
    const failure = failureOf(scene.askToken({ signal: leave.signal }))
    await clock.settleUntil(() => fake.count({ outcome: 'never-answered' }) === 1)
    await clock.advance(86_400_000)
    fake.heal()
    await clock.settle()
    expect([fake.openRequests, fake.tokenRequests]).toEqual([1, 1])
    leave.abort(new DOMException('too long', 'TimeoutError'))
    expect((await failure).name).toBe('TimeoutError')
    await clock.settleUntil(() => fake.openRequests === 0)
    expect(fake.requests).toMatchObject([{ outcome: 'never-answered', status: null, generation: null }])
  })

  it('connection-reset breaks the connection before anything is carried out', async () => {
    await using strict = await openScene(door, { rotation: 'strict' })
    strict.fake.fail('connection-reset')
    const error = await failureOf(strict.askToken())
    expect([error.constructor, error.message]).toEqual([TypeError, 'fetch failed'])
    expect((error.cause as { code: string }).code).toBe('ECONNRESET')
    expect(strict.fake.requests).toMatchObject([{ outcome: 'reset', status: null, fault: 'connection-reset' }])
    expect(strict.fake.currentRefreshToken()).toBe(strict.fake.credentials.refreshToken)
  })

  it('lost-answer carries the request out, rotation included, and then breaks the connection', async () => {
    await using strict = await openScene(door, { rotation: 'strict' })
    strict.fake.fail('lost-answer')
    expect((await failureOf(strict.askToken())).message).toBe('fetch failed')
    expect(strict.fake.requests).toMatchObject([
      { outcome: 'granted', status: null, fault: 'lost-answer', generation: 1 },
    ])
    expect(strict.fake.currentRefreshToken()).not.toBe(strict.fake.credentials.refreshToken)
    expect((await strict.grantOf()).json['error_description']).toBe('Grant revoked')
    expect(strict.fake.requests.at(-1)?.outcome).toBe('token-reused')
  })

  it('truncated cuts the connection in the middle of what was announced', async () => {
    scene.fake.fail('truncated')
    const response = await scene.askToken()
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(400)
    const error = await failureOf(response.text())
    expect([error.constructor, error.message]).toEqual([TypeError, 'terminated'])
    expect(scene.fake.requests).toMatchObject([{ outcome: 'granted', status: 200, fault: 'truncated' }])
  })

  it('truncated can end a whole answer in the middle of its JSON', async () => {
    scene.fake.fail('truncated', { at: 'json' })
    const text = await (await scene.askToken()).text()
    expect(text).toMatch(/^\{"access_token":"/)
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  })

  it('stalls sends half of the answer, and the rest never, until the client leaves', async () => {
    scene.fake.fail('stalls')
    const leave = new AbortController()
    const response = await scene.askToken({ signal: leave.signal })
    expect([response.status, scene.fake.requests.at(-1)?.outcome]).toEqual([200, 'granted'])
    const reader = response.body?.getReader()
    const part = new TextDecoder().decode((await reader?.read())?.value)
    expect(part).toMatch(/^\{"access_token":"/)
    expect(part).not.toContain('expires_in')
    const rest = failureOf(reader?.read() ?? Promise.resolve())
    await scene.clock.advance(86_400_000)
    leave.abort(new DOMException('too long', 'TimeoutError'))
    expect((await rest).name).toBe('TimeoutError')
  })

  it('oversized goes on for as many bytes as it is told to, and stops when the client does', async () => {
    scene.fake.fail('oversized', { bytes: 200_000 })
    const { access_token: token } = (await scene.grantOf()).json
    expect(String(token)).toHaveLength(200_000)
    expect((await scene.api('/customers/me', 'x')).status).toBe(401)

    scene.fake.fail('oversized', { bytes: Number.POSITIVE_INFINITY })
    const reader = (await scene.askToken()).body?.getReader()
    let read = 0
    while (read < 5_000_000) read += (await reader?.read())?.value?.length ?? 0
    await reader?.cancel()
    expect(scene.fake.count({ outcome: 'unreadable', status: 200 })).toBe(2)
  })

  it('redirect sends elsewhere; only a client that follows with its secrets shows up there', async () => {
    scene.fake.fail('redirect', { times: 3 })
    const told = await scene.askToken({ redirect: 'manual' })
    expect(told.status).toBe(307)
    expect(told.headers.get('location')).toBe('/elsewhere/oauth/token')
    expect((await failureOf(scene.askToken({ redirect: 'error' }))).message).toBe('fetch failed')
    expect(scene.fake.count({ path: '/elsewhere/oauth/token' })).toBe(0)
    const followed = await scene.askToken()
    expect([followed.status, followed.redirected, followed.url]).toEqual([
      404,
      true,
      `${scene.base}/elsewhere/oauth/token`,
    ])
    expect(scene.fake.requests.at(-1)).toMatchObject({ path: '/elsewhere/oauth/token', method: 'POST', status: 404 })
  })

  it('redirect takes another status and location', async () => {
    scene.fake.fail('redirect', { status: 303, location: '/' })
    expect((await scene.askToken()).status).toBe(404)
    expect(scene.fake.requests.at(-1)).toMatchObject({ path: '/', method: 'GET', credential: false })
  })

  it('of the API refuse a token that is good', async () => {
    const token = scene.fake.mintAccessToken()
    scene.fake.fail('api-unauthorized')
    scene.fake.fail('api-forbidden')
    const [first, second, third] = [
      await scene.api('/customers/me', token),
      await scene.api('/customers/me', token),
      await scene.api('/customers/me', token),
    ]
    expect([first.status, first.json]).toMatchObject([401, { error: { code: 'unauthorized' } }])
    expect([second.status, second.json]).toMatchObject([403, { error: { code: 'not_permitted' } }])
    expect(third.status).toBe(200)
    expect(scene.fake.requests.map(({ outcome }) => outcome)).toEqual(['unauthorized', 'not-permitted', 'ok'])
  })

  it('meet the requests they are meant for: token endpoint, API, all, or one path', async () => {
    const { fake } = scene
    const token = fake.mintAccessToken()
    const statuses = async () => [
      (await scene.send('/')).status,
      (await scene.askToken()).status,
      (await scene.send('/customers/me', { headers: { authorization: `Bearer ${token}` } })).status,
      (await scene.send('/api-quote-tokens', { headers: { authorization: `Bearer ${token}` } })).status,
    ]
    fake.fail('server-error', { times: Infinity })
    expect(await statuses()).toEqual([404, 500, 200, 200])
    fake.heal()
    fake.fail('server-error', { times: Infinity, on: 'api' })
    expect(await statuses()).toEqual([500, 200, 500, 500])
    fake.heal()
    fake.fail('server-error', { times: Infinity, on: 'all' })
    expect(await statuses()).toEqual([500, 500, 500, 500])
    fake.heal()
    fake.fail('server-error', { times: Infinity, on: 'all', path: '/api-quote-tokens' })
    expect(await statuses()).toEqual([404, 200, 200, 500])
    fake.heal()
    expect(await statuses()).toEqual([404, 200, 200, 200])
  })

  it('come in the order in which they were scripted, each as often as it was told to', async () => {
    const { fake } = scene
    const first = fake.fail('server-error', { times: 2 })
    fake.fail('transient-invalid-request')
    const dropped = fake.fail('too-many-requests')
    fake.fail('server-error', { status: 502, on: 'api' })
    expect(first.remaining).toBe(2)
    dropped[Symbol.dispose]()
    const statuses = []
    for (let request = 0; request < 4; request += 1) statuses.push((await scene.askToken()).status)
    expect(statuses).toEqual([500, 500, 400, 200])
    expect([first.remaining, dropped.remaining]).toEqual([0, 0])
    expect((await scene.send('/')).status).toBe(502)
  })

  it('are refused if there is no such fault, or no request that could meet it', () => {
    expect(() => scene.fake.fail('no-such-fault' as TastytradeFault)).toThrow(/no fault named no-such-fault/)
    expect(() => scene.fake.fail('slow', { times: 0 })).toThrow(/times/)
    expect(() => scene.fake.fail('slow', { times: Number.NaN })).toThrow(/times/)
  })

  it('leave no request open, and the fake as it was, whichever was played', async () => {
    const { fake, clock } = scene
    for (const fault of TASTYTRADE_FAULTS) {
      fake.fail(fault, { on: 'token', ...(fault === 'oversized' ? { bytes: 10 } : {}) })
      const leave = new AbortController()
      const answer = scene.askToken({ signal: leave.signal }).then(
        (response) => response.text().catch(() => ''),
        () => '',
      )
      await clock.settleUntil(() => fake.count({ fault }) === 1 && fake.count({ outcome: 'in-flight' }) === 0)
      await clock.advance(5_000)
      leave.abort()
      await answer
      await clock.settleUntil(() => fake.openRequests === 0)
      fake.unblock()
      fake.resetLog()
      const { status, json } = await read(await scene.askToken())
      expect([fault, status, typeof json['access_token']]).toEqual([fault, 200, 'string'])
      fake.resetLog()
    }
  })
})
