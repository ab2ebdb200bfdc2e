import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOORS, openScene, read, type Scene } from './doors.ts'

const UNAUTHORIZED = { error: { code: 'unauthorized', message: 'The access token is invalid or has expired' } }

describe.each(DOORS)('the API of the fake, through the %s', (door) => {
  let scene: Scene
  let account: string
  beforeEach(async () => {
    scene = await openScene(door)
    account = scene.fake.grant.accountNumbers[0] ?? ''
  })
  afterEach(async () => scene[Symbol.asyncDispose]())

  it('gives the customer, in its envelope and with dasherized keys', async () => {
    const { status, json } = await scene.api('/customers/me')
    expect(status).toBe(200)
    expect(json).toMatchObject({ data: { id: 'me', 'first-name': 'Ada' }, context: '/customers/me' })
  })

  it('gives the accounts of the grant behind the token', async () => {
    const other = scene.fake.createGrant({ accounts: 1 })
    const mine = await scene.api('/customers/me/accounts')
    const theirs = await scene.api('/customers/me/accounts', scene.fake.mintAccessToken({ grant: other }))
    const numbers = (json: object) =>
      (json as { data: { items: { account: Record<string, string> }[] } }).data.items.map(
        ({ account: { 'account-number': number } }) => number,
      )
    expect(numbers(mine.json)).toEqual(scene.fake.grant.accountNumbers)
    expect(numbers(mine.json)).toHaveLength(2)
    expect(numbers(theirs.json)).toEqual(other.accountNumbers)
  })

  it('gives balances and positions, amounts as texts, each account with its own', async () => {
    const [first, second] = scene.fake.grant.accountNumbers
    const balance = await scene.api(`/accounts/${first}/balances`)
    expect(balance.json).toMatchObject({
      data: { 'account-number': first, 'cash-balance': '10250.0', 'updated-at': '2026-03-02T14:30:00.000+00:00' },
      context: `/accounts/${first}/balances`,
    })
    expect((await scene.api(`/accounts/${second}/balances`)).json).toMatchObject({
      data: { 'cash-balance': '10500.0' },
    })
    const positions = await scene.api(`/accounts/${first}/positions`)
    expect(positions.json).toMatchObject({ data: { items: [{ 'account-number': first, quantity: 15 }] } })
  })

  it('gives quote tokens, each another, that live 24 hours', async () => {
    const { json } = await scene.api('/api-quote-tokens')
    expect(json).toMatchObject({ data: { level: 'api', 'expires-at': '2026-03-03T14:30:00.000+00:00' } })
    expect((await scene.api('/api-quote-tokens')).json).not.toEqual(json)
  })

  it('takes a dry run of an order, and counts it by its body', async () => {
    const post = (body: string) =>
      scene.api(`/accounts/${account}/orders/dry-run`, undefined, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    const order = '{"order-type":"Market","size":1}'
    const { status, json } = await post(order)
    expect(status).toBe(201)
    expect(json).toMatchObject({ data: { order: { size: 1, status: 'Received', 'account-number': account } } })
    await post(order)
    await post('{"size":2}')
    expect([...scene.fake.dryRuns]).toEqual([
      [order, 2],
      ['{"size":2}', 1],
    ])
    for (const body of ['no order', 'null', '[]', '7']) {
      const { status: refused, json: told } = await post(body)
      expect([refused, told]).toMatchObject([422, { error: { code: 'validation_error' } }])
      expect(scene.fake.requests.at(-1)?.outcome).toBe('invalid-request')
    }
    expect(scene.fake.dryRuns.size).toBe(2)
  })

  it('notes which token was used', async () => {
    const first = String((await scene.grantOf()).json['access_token'])
    const second = String((await scene.grantOf()).json['access_token'])
    await scene.api('/customers/me', second)
    await scene.api('/customers/me', first)
    const used = scene.fake.requests.filter(({ kind }) => kind === 'api')
    expect(used.map(({ generation }) => generation)).toEqual([2, 1])
    expect(used.map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
  })

  it('refuses a token from the very moment of its expiry', async () => {
    const token = String((await scene.grantOf()).json['access_token'])
    await scene.clock.advance(899_999)
    expect((await scene.api('/customers/me', token)).status).toBe(200)
    await scene.clock.advance(1)
    const { status, json } = await scene.api('/customers/me', token)
    expect([status, json]).toEqual([401, UNAUTHORIZED])
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'unauthorized', generation: 1 })
  })

  it('lets tokens live as long as it is told to', async () => {
    await using brief = await openScene(door, { lifetime: 2 })
    const { access_token: token, expires_in: lifetime } = (await brief.grantOf()).json
    expect(lifetime).toBe(2)
    await brief.clock.advance(2_000)
    expect((await brief.api('/customers/me', String(token))).status).toBe(401)
  })

  it.each([
    ['no Authorization header', {}],
    ['a token that nobody made', { authorization: 'Bearer made.up.token' }],
    ['another scheme', { authorization: 'Basic eDp5' }],
    ['a bare token', { authorization: 'made.up.token' }],
  ])('refuses %s', async (_, headers) => {
    const { status, json } = await read(await scene.send('/customers/me', { headers }))
    expect([status, json]).toEqual([401, UNAUTHORIZED])
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'unauthorized', generation: null })
  })

  it('refuses a good token that comes without Bearer', async () => {
    const token = scene.fake.mintAccessToken()
    expect((await scene.send('/customers/me', { headers: { authorization: token } })).status).toBe(401)
  })

  it('refuses tokens that were invalidated early: of one grant, or of all', async () => {
    const { fake } = scene
    const other = fake.createGrant()
    const [mine, theirs] = [fake.mintAccessToken(), fake.mintAccessToken({ grant: other })]
    fake.invalidateAccessTokens(other)
    expect((await scene.api('/customers/me', mine)).status).toBe(200)
    expect((await scene.api('/customers/me', theirs)).status).toBe(401)
    fake.invalidateAccessTokens()
    expect((await scene.api('/customers/me', mine)).status).toBe(401)
    expect((await scene.api('/customers/me')).status).toBe(200)
  })

  it('lets access tokens outlive a revoked grant, or not', async () => {
    const { fake } = scene
    const token = fake.mintAccessToken()
    fake.revokeGrant()
    expect((await scene.api('/customers/me', token)).status).toBe(200)
    fake.revokeGrant(fake.credentials.refreshToken, { accessTokens: true })
    expect((await scene.api('/customers/me', token)).status).toBe(401)
  })

  it('takes minted tokens for what they are: expired ones, and ones of fewer scopes', async () => {
    const { fake } = scene
    expect((await scene.api('/customers/me', fake.mintAccessToken({ expiresIn: 0 }))).status).toBe(401)
    expect((await scene.api('/customers/me', fake.mintAccessToken({ expiresIn: -60 }))).status).toBe(401)
    const readOnly = fake.mintAccessToken({ scopes: ['read'] })
    expect((await scene.api('/customers/me', readOnly)).status).toBe(200)
    const order = await scene.api(`/accounts/${account}/orders/dry-run`, readOnly, { method: 'POST', body: '{}' })
    expect([order.status, order.json]).toEqual([
      403,
      { error: { code: 'not_permitted', message: 'User not permitted access' } },
    ])
    expect(fake.dryRuns.size).toBe(0)
  })

  it('does not show the accounts of others', async () => {
    const [foreign = ''] = scene.fake.createGrant().accountNumbers
    for (const path of [`/accounts/${foreign}/balances`, '/accounts/nothing/positions']) {
      const { status, json } = await scene.api(path)
      expect([status, json]).toMatchObject([403, { error: { code: 'not_permitted' } }])
    }
    expect(scene.fake.count({ outcome: 'not-permitted' })).toBe(2)
  })

  it('answers 404 for what is not there, the root included, without asking who comes', async () => {
    for (const path of ['/', '/nothing', '/customers', '/oauth/token/']) {
      const { status, json } = await read(await scene.send(path))
      expect([status, json]).toEqual([404, { error: { code: 'not_found', message: 'Resource not found' } }])
    }
    expect(scene.fake.count({ kind: 'api', outcome: 'not-found', credential: false })).toBe(4)
  })
})
