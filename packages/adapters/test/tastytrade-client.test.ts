import {
  isClientRejected,
  isGrantRevoked,
  isInvalidOptions,
  isTokenUnavailable,
  type TokenSession,
} from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries, VirtualClock } from '@evergrant/testing'
import { isHTTPError, type KyInstance } from 'ky'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createTastytrade, tastytrade, type TastytradeProvider } from '../src/tastytrade.ts'

interface Customer {
  readonly data: { readonly id: string }
}

/** A fake server on loopback and a client for it, which may ask for the next token as soon as one is refused. */
async function serve(options: Parameters<typeof createTastytrade>[0] = {}) {
  const fake = fakeTastytrade()
  const listener = await fake.listen()
  const client = createTastytrade({
    baseUrl: listener.url,
    credentials: fake.credentials,
    policy: { floor: 0 },
    ...options,
  })
  return {
    fake,
    ...client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await listener.close()
    },
  }
}

function apiCalls(fake: ReturnType<typeof fakeTastytrade>): number {
  return fake.count({ kind: 'api' })
}

describe('createTastytrade() against a server on loopback', () => {
  it('sends nothing before the first call, and then asks for a token by itself', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    expect(fake.requests).toHaveLength(0)
    const customer = await api.get('customers/me').json<Customer>()
    expect(customer.data.id).toBe('me')
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: 1 })
    await api.get('customers/me/accounts')
    expect(fake.requests.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'POST /oauth/token 200',
      'GET /customers/me 200',
      'GET /customers/me/accounts 200',
    ])
  })

  it('is typed, and gives the provider its words of help', async () => {
    await using client = await serve({ environment: 'sandbox' })
    expectTypeOf(client.session).toEqualTypeOf<TokenSession<TastytradeProvider>>()
    expectTypeOf(client.api).toEqualTypeOf<KyInstance>()
    expect(client.session.provider.environment).toBe('sandbox')
    client.fake.revokeGrant()
    const error: unknown = await client.api.get('customers/me').catch((thrown: unknown) => thrown)
    expect(isGrantRevoked(error)).toBe(true)
    expect(error).toHaveProperty('help', expect.stringContaining('"Grant revoked"'))
  })

  it.for(['json', 'form'] as const)('takes a token with a %s body and a name of its own', async (body) => {
    await using client = await serve({ body, userAgent: 'my-bot/1.0', scopes: ['read'] })
    expect((await client.session.getToken()).scope).toBe('read')
    await client.api.get('customers/me')
    expect(client.fake.requests.map(({ userAgent }) => userAgent)).toEqual(['my-bot/1.0', 'my-bot/1.0'])
  })

  it('P1 100 calls at once cost one token request', async () => {
    await using client = await serve()
    await Promise.all(Array.from({ length: 100 }, () => client.api.get('customers/me').json()))
    expect(client.fake.tokenRequests).toBe(1)
    expect(apiCalls(client.fake)).toBe(100)
  })

  it('P10 200 calls with an invalidated token cost one token request, and all get through', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    await session.getToken()
    fake.invalidateAccessTokens()
    fake.resetLog()
    const answers = await Promise.all(Array.from({ length: 200 }, () => api.get('customers/me').json<Customer>()))
    expect(answers.every(({ data }) => data.id === 'me')).toBe(true)
    expect(fake.tokenRequests).toBe(1)
    expect(session.getSnapshot().generation).toBe(2)
  })

  it('P10 200 late refusals of one generation start no second refresh', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    await session.getToken()
    fake.invalidateAccessTokens()
    fake.resetLog()
    fake.fail('slow', { path: '/customers/me', on: 'api', delay: 20, times: 200 })
    const late = Array.from({ length: 200 }, () => api.get('customers/me').json<Customer>())
    const early = Array.from({ length: 5 }, () => api.get('customers/me/accounts').json())
    await Promise.all([...early, ...late])
    expect(fake.tokenRequests).toBe(1)
    expect(session.getSnapshot().generation).toBe(2)
  })

  it('P10 an order is not sent twice, while the token is renewed', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    await session.getToken()
    fake.invalidateAccessTokens()
    const order = { 'order-type': 'Market' }
    const place = () => api.post('accounts/5WT00001/orders/dry-run', { json: order })
    await expect(place()).rejects.toSatisfy(isHTTPError)
    expect(fake.count({ method: 'POST', kind: 'api' })).toBe(1)
    expect((await session.getToken()).generation).toBe(2)
  })

  it('P10 a page from the edge costs no token request', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    await session.getToken()
    fake.fail('edge-html', { on: 'api' })
    await expect(api.get('customers/me')).rejects.toHaveProperty('response.status', 401)
    fake.fail('api-forbidden', { on: 'api' })
    await expect(api.get('customers/me')).rejects.toHaveProperty('response.status', 403)
    expect(fake.tokenRequests).toBe(1)
    expect(session.getSnapshot().generation).toBe(1)
  })

  it('P10 a server that refuses every token gets one replay, and the caller its answer', async () => {
    await using client = await serve()
    const { fake, api } = client
    fake.fail('api-unauthorized', { on: 'api', times: Number.POSITIVE_INFINITY })
    await expect(api.get('customers/me')).rejects.toHaveProperty('response.status', 401)
    expect(apiCalls(fake)).toBe(2)
    expect(fake.tokenRequests).toBe(2)
  })

  it('a grant that dies while its token is refused gives the error of the session', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    await session.getToken()
    fake.revokeGrant(undefined, { accessTokens: true })
    await expect(api.get('customers/me')).rejects.toSatisfy(isGrantRevoked)
    await expect(api.get('customers/me')).rejects.toSatisfy(isGrantRevoked)
    expect(fake.tokenRequests).toBe(2)
  })

  it('P8 new credentials bring it back', async () => {
    await using client = await serve()
    const { fake, api, session } = client
    const clientSecret = fake.regenerateClientSecret()
    await expect(api.get('customers/me')).rejects.toSatisfy((error) => isClientRejected(error) || isGrantRevoked(error))
    const { refreshToken } = fake.createGrant()
    await session.setCredentials({ clientSecret, refreshToken })
    expect((await api.get('customers/me')).status).toBe(200)
  })

  it('refuses options that there are not', () => {
    expect(() => createTastytrade({ enviroment: 'sandbox' } as object)).toThrow(/^enviroment/)
    expect(() => tastytrade({ enviroment: 'sandbox' } as object)).toThrow(/^enviroment/)
    expect(() => createTastytrade({ environment: 'cert' as 'sandbox' })).toThrow(/^environment/)
  })

  it('P11 shows no secret in any error of an evil day', async () => {
    await using client = await serve({ random: () => 0 })
    const { fake, api, session } = client
    const shown: unknown[] = [client.session, client.api]
    const canaries = plantCanaries()
    canaries.note('client secret', fake.credentials.clientSecret)
    canaries.note('refresh token', fake.credentials.refreshToken)
    session.subscribe((status) => shown.push(status))
    session.events$.subscribe((event) => shown.push(event))
    const fails = async (call: PromiseLike<unknown>) => {
      shown.push(
        await Promise.resolve(call).then(
          () => expect.fail('It did not fail'),
          (error: unknown) => error,
        ),
      )
    }
    canaries.note('access token', (await session.getToken()).value)
    fake.fail('api-unauthorized', { on: 'api', times: 2 })
    await fails(api.get('customers/me'))
    await session.getToken({ maxWait: 0 }).then(
      ({ value }) => canaries.note('next access token', value),
      () => undefined,
    )
    fake.fail('connection-reset', { on: 'api', times: Number.POSITIVE_INFINITY })
    await fails(api.get('customers/me', { retry: 0 }))
    fake.heal()
    fake.fail('echo-secrets', { code: 'invalid_grant', times: Number.POSITIVE_INFINITY })
    await fails(session.refresh({ force: true }))
    await fails(session.refresh({ force: true }))
    expect(shown.length).toBeGreaterThan(8)
    expectNoCanary(shown, canaries)
  })
})

describe('createTastytrade() in virtual time', () => {
  it('P6 renews ahead of expiry, and no call waits or meets a 401', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    await using client = createTastytrade({
      fetch: fake.fetch,
      clock,
      credentials: fake.credentials,
      random: () => 0.5,
    })
    await client.api.get('customers/me')
    for (let minute = 0; minute < 120; minute++) {
      await clock.advance(60_000)
      expect((await client.api.get('customers/me')).status).toBe(200)
    }
    expect(fake.count({ status: 401 })).toBe(0)
    expect(fake.tokenRequests).toBeGreaterThan(8)
    expect(fake.tokenRequests).toBeLessThan(15)
  })

  it('P9 honours Retry-After on a 429, and no call hangs', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    await using client = createTastytrade({ fetch: fake.fetch, clock, credentials: fake.credentials })
    fake.fail('too-many-requests', { retryAfter: 300, as: 'http-date' })
    await expect(client.session.getToken()).rejects.toSatisfy(isTokenUnavailable)
    expect(client.session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { status: 429 } })
    await clock.advance(299_000)
    expect(fake.tokenRequests).toBe(1)
    await clock.advance(2_000)
    expect(fake.tokenRequests).toBe(2)
    expect(client.session.getSnapshot().state).toBe('valid')
  })

  it('waits with credentials that have no refresh token, and recovers with whole ones', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    const { clientSecret } = fake.credentials
    await using client = createTastytrade({ fetch: fake.fetch, clock, credentials: { clientSecret } })
    const error: unknown = await client.session.getToken().catch((thrown: unknown) => thrown)
    expect(isInvalidOptions(error)).toBe(false)
    expect(JSON.stringify([error, client.session.getSnapshot()])).toContain('no refreshToken')
    await clock.advance(120_000)
    expect(fake.requests).toHaveLength(0)
    await client.session.setCredentials(fake.credentials)
    expect((await client.session.getToken()).generation).toBe(1)
  })
})
