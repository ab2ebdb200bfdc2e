import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { isInvalidOptions } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { driveTastytradeClient } from '../../src/tastytrade-api.ts'
import { failureOf } from '../support/failure-of.ts'
import { fakeSession } from '../support/fake-session.ts'
import { loopback, reply } from '../support/loopback.ts'
import { LogLevel, TastytradeClient } from './official-sdk.ts'

function sdk(baseUrl: string, logged: unknown[] = []) {
  const log = (...data: unknown[]) => void logged.push(data)
  return new TastytradeClient({
    baseUrl,
    accountStreamerUrl: 'ws://127.0.0.1:9',
    clientSecret: '',
    refreshToken: '',
    oauthScopes: [],
    logger: { info: log, warn: log, error: log },
    logLevel: LogLevel.INFO,
  })
}

/** A session on a fake of its own, and the SDK's client that it drives. */
async function rig() {
  const fake = fakeTastytrade()
  const listener = await fake.listen()
  const { clientSecret, refreshToken } = fake.credentials
  const { session } = createTastytrade({ baseUrl: listener.url, credentials: { clientSecret, refreshToken } })
  const client = sdk(listener.url)
  const driven = driveTastytradeClient(client, session)
  return {
    fake,
    session,
    client,
    driven,
    async [Symbol.asyncDispose]() {
      driven[Symbol.dispose]()
      await session.dispose()
      await listener.close()
    },
  }
}

describe("the official SDK's client with a session", () => {
  it('P5 takes one token for a hundred calls at once, and for those after', async () => {
    await using world = await rig()
    const { client, fake } = world
    const calls = Array.from({ length: 100 }, () => client.accountsAndCustomersService.getCustomerResource())
    expect(await Promise.all(calls)).toHaveLength(100)
    await client.accountsAndCustomersService.getCustomerAccounts()
    expect(fake.tokenRequests).toBe(1)
    expect(fake.requests.filter(({ path }) => path === '/customers/me')).toHaveLength(100)
    expect(client.accessToken.token).toBe('')
  })

  it('P10 repeats what was refused once, by all callers together with one new token', async () => {
    await using api = await loopback(({ headers }, response) => {
      reply(response, headers.authorization === 'Bearer token-1' ? 401 : 200, { data: { items: [] } })
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    const client = sdk(api.url)
    using _ = driveTastytradeClient(client, session)
    const calls = Array.from({ length: 20 }, () => client.accountsAndCustomersService.getCustomerAccounts())
    expect(await Promise.all(calls)).toEqual(Array.from(calls, () => []))
    expect(session.renewals).toEqual([1])
    expect(new Set(api.received.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer token-1', 'Bearer token-2']),
    )
  })

  it('sends what the SDK sends: query, body, headers', async () => {
    await using api = await loopback((_, response) => reply(response, 200, { data: { items: [] } }))
    const client = sdk(api.url)
    client.updateConfig({ targetApiVersion: '20260101' })
    using _ = driveTastytradeClient(client, fakeSession({ apiBaseUrl: api.url }))
    await client.instrumentsService.getActiveEquities({ symbol: ['AB', 'C/D'] })
    await client.orderService.postOrderDryRun('5WT00001', { orderType: 'Market' })
    const [first, second] = api.received
    expect(decodeURIComponent(first?.path ?? '')).toBe('/instruments/equities/active?symbol[]=AB&symbol[]=C/D')
    expect(first?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'accept-version': '20260101',
      accept: 'application/json',
      'user-agent': 'tastytrade-sdk-js',
    })
    expect([second?.method, second?.path, second?.body]).toEqual([
      'POST',
      '/accounts/5WT00001/orders/dry-run',
      '{"order-type":"Market"}',
    ])
    expect(second?.headers['content-type']).toBe('application/json')
  })

  it('P10 sends an order once, also when its token is refused', async () => {
    await using api = await loopback(({ headers }, response) => {
      reply(response, headers.authorization === 'Bearer token-1' ? 401 : 200, { data: {} })
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    const client = sdk(api.url)
    using _ = driveTastytradeClient(client, session)
    const refused = await failureOf(client.orderService.createOrder('5WT00001', {}))
    expect(refused).toMatchObject({ isAxiosError: true, response: { status: 401 } })
    expect(api.received).toHaveLength(1)
    expect(session.reports).toEqual([1])
  })

  it('P6 hands on what the session says, and asks for no token of its own', async () => {
    await using world = await rig()
    const { client, fake } = world
    fake.revokeGrant()
    const errors = await Promise.all(
      Array.from({ length: 5 }, () => failureOf(client.accountsAndCustomersService.getCustomerResource())),
    )
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(Array(5).fill('grant-revoked'))
    expect(fake.tokenRequests).toBe(1)
    expect(fake.requests).toHaveLength(1)
  })

  it('gives the client back as it was, and drives it once at a time', async () => {
    await using world = await rig()
    const { client, driven, fake, session } = world
    expect(isInvalidOptions(await failureOf(drive()))).toBe(true)
    driven[Symbol.dispose]()
    for (const part of [client.httpClient, client.accountStreamer]) {
      expect(Reflect.ownKeys(part)).toEqual(Reflect.ownKeys(untouched(part)))
    }
    const { clientSecret, refreshToken } = fake.credentials
    client.updateConfig({ clientSecret, refreshToken })
    await client.accountsAndCustomersService.getCustomerResource()
    expect(fake.tokenRequests).toBe(1)
    expect(client.accessToken.isValid).toBe(true)

    async function drive() {
      driveTastytradeClient(client, session)
    }
    function untouched(part: object): object {
      const other = sdk('http://127.0.0.1:9')
      // Set by the release that was there before the first request.
      other.updateConfig({})
      return part === client.httpClient ? other.httpClient : other.accountStreamer
    }
  })

  it('refuses what is no client of the SDK, and options that are not known', async () => {
    const session = fakeSession()
    const wrong = [
      () => driveTastytradeClient({ httpClient: {}, accountStreamer: {} }, session),
      () => driveTastytradeClient(sdk('https://api.example.com'), session, { retry: 1 } as object),
    ]
    for (const drive of wrong) {
      expect(drive).toThrow(expect.objectContaining({ code: 'invalid-options' }) as Error)
    }
  })
})

describe('P11 the token does not leave', () => {
  it.for([401, 404, 500])("in the SDK's logs and in its errors for %i", async (status) => {
    const canaries = plantCanaries()
    const canary = canaries.plant('access token')
    await using api = await loopback((_, response) => reply(response, status, { error: { code: 'x' } }))
    const logged: unknown[] = []
    const client = sdk(api.url, logged)
    using _ = driveTastytradeClient(client, fakeSession({ apiBaseUrl: api.url, value: () => canary }))
    const error = await failureOf(client.accountsAndCustomersService.getCustomerResource())
    expect(error).toMatchObject({ isAxiosError: true, response: { status } })
    expect(api.received[0]?.headers.authorization).toContain(canary)
    expect(logged.length).toBeGreaterThan(0)
    expectNoCanary([error, logged], canaries)
  })

  it('nor when the connection drops', async () => {
    const canaries = plantCanaries()
    const canary = canaries.plant('access token')
    await using api = await loopback((_, response) => response.destroy())
    const logged: unknown[] = []
    const client = sdk(api.url, logged)
    using _ = driveTastytradeClient(client, fakeSession({ apiBaseUrl: api.url, value: () => canary }))
    const error = await failureOf(client.accountsAndCustomersService.getCustomerResource())
    expect(error).toMatchObject({ isAxiosError: true })
    expectNoCanary([error, logged], canaries)
  })
})
