import { fakeTastytrade, type FakeListener, type FakeTastytrade } from '@evergrant/testing'
import TastytradeClient from '@tastytrade/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// An independent witness: this client was written against the real server, and is used here as it is published.
describe('the official SDK against the fake', () => {
  let fake: FakeTastytrade
  let listener: FakeListener
  let client: TastytradeClient
  beforeEach(async () => {
    fake = fakeTastytrade()
    listener = await fake.listen()
    const { clientSecret, refreshToken } = fake.credentials
    client = new TastytradeClient({
      baseUrl: listener.url,
      accountStreamerUrl: 'ws://127.0.0.1:9',
      clientSecret,
      refreshToken,
      oauthScopes: ['read', 'trade'],
    })
  })
  afterEach(async () => listener.close())

  it('logs in and reads customer, accounts, balances and positions', async () => {
    const customer = (await client.accountsAndCustomersService.getCustomerResource()) as Record<string, unknown>
    expect(customer).toMatchObject({ id: 'me', 'first-name': 'Ada' })

    const accounts = (await client.accountsAndCustomersService.getCustomerAccounts()) as {
      account: { 'account-number': string }
    }[]
    const numbers = accounts.map(({ account }) => account['account-number'])
    expect(numbers).toEqual(fake.grant.accountNumbers)

    const [number = ''] = numbers
    const balances = (await client.balancesAndPositionsService.getAccountBalanceValues(number)) as unknown
    expect(balances).toMatchObject({ 'account-number': number, 'cash-balance': '10250.0' })

    const positions = (await client.balancesAndPositionsService.getPositionsList(number)) as unknown
    expect(positions).toMatchObject([{ 'account-number': number, symbol: 'EXMPL' }])

    expect(client.accessToken.isValid).toBe(true)
    expect(fake.requests.map(({ path, status, outcome }) => [path, status, outcome])).toEqual([
      ['/oauth/token', 200, 'granted'],
      ['/customers/me', 200, 'ok'],
      ['/customers/me/accounts', 200, 'ok'],
      [`/accounts/${number}/balances`, 200, 'ok'],
      [`/accounts/${number}/positions`, 200, 'ok'],
    ])
    expect(fake.requests.every(({ userAgent }) => userAgent === 'tastytrade-sdk-js')).toBe(true)
  })

  it('gets a quote token, and a dry run of an order', async () => {
    const quote = (await client.accountsAndCustomersService.getApiQuoteToken()) as Record<string, string>
    expect(quote['dxlink-url']).toMatch(/^wss:/)
    const [number = ''] = fake.grant.accountNumbers
    const run = (await client.orderService.postOrderDryRun(number, { 'order-type': 'Market' })) as unknown
    expect(run).toMatchObject({ order: { 'order-type': 'Market', status: 'Received' } })
    expect([...fake.dryRuns.values()]).toEqual([1])
  })

  it('logs in anew when its token was thrown away, and fails when the grant is gone', async () => {
    await client.accountsAndCustomersService.getCustomerResource()
    client.accessToken.clear()
    await client.accountsAndCustomersService.getCustomerResource()
    expect(fake.requests.map(({ generation }) => generation)).toEqual([1, 1, 2, 2])
    fake.revokeGrant()
    client.accessToken.clear()
    await expect(client.accountsAndCustomersService.getCustomerResource()).rejects.toMatchObject({
      response: { status: 400, data: { error_code: 'invalid_grant', error_description: 'Grant revoked' } },
    })
  })

  it('sees an early end of its token as a plain 401', async () => {
    await client.accountsAndCustomersService.getCustomerResource()
    fake.invalidateAccessTokens()
    await expect(client.accountsAndCustomersService.getCustomerAccounts()).rejects.toMatchObject({
      response: { status: 401, data: { error: { code: 'unauthorized' } } },
    })
  })
})
