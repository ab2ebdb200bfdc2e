import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOORS, openScene, partOf, read, type Scene } from './doors.ts'

const HERE = 'http://localhost:8000'

describe.each(DOORS)('the authorization page of the fake, through the %s', (door) => {
  let scene: Scene
  beforeEach(async () => {
    scene = await openScene(door, { redirectUris: [HERE, 'http://127.0.0.1:9000/back?x=1'] })
  })
  afterEach(async () => scene[Symbol.asyncDispose]())

  function query(changes: Readonly<Record<string, string | null>> = {}): string {
    const members = {
      client_id: scene.fake.credentials.clientId,
      redirect_uri: HERE,
      response_type: 'code',
      scope: 'read trade',
      state: 'st4te',
      ...changes,
    }
    const kept = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== null)
    return new URLSearchParams(kept).toString()
  }

  const pageUrl = (changes?: Readonly<Record<string, string | null>>) => `${scene.base}/auth.html?${query(changes)}`

  async function exchange(location: string, changes: Readonly<Record<string, string>> = {}) {
    return scene.grantOf({
      body: {
        grant_type: 'authorization_code',
        code: new URL(location).searchParams.get('code') ?? '',
        client_id: scene.fake.credentials.clientId,
        redirect_uri: HERE,
        ...changes,
      },
    })
  }

  it('shows a form that names the scopes and has both buttons', async () => {
    const response = await scene.send(`/auth.html?${query()}`)
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(html).toContain('It asks for: read, trade')
    expect(html).toContain('<form method="post" action="/auth.html">')
    expect(html).toContain('<button name="decision" value="approve">')
    expect(html).toContain('<button name="decision" value="deny">')
    expect(html).toContain('name="state" value="st4te"')
    expect(scene.fake.requests).toMatchObject([{ kind: 'authorize', outcome: 'asked', status: 200 }])
  })

  it('shows foreign text as text', async () => {
    const html = await (await scene.send(`/auth.html?${query({ state: '"><script>alert(1)</script>' })}`)).text()
    expect(html).not.toContain('<script>')
    expect(html).toContain('&#34;&#62;&#60;script&#62;')
  })

  it('sends an approval back with a code and the state, and the code buys a grant of its own', async () => {
    const response = await scene.send('/auth.html', {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${query({ scope: 'read' })}&decision=approve`,
    })
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.origin).toBe(HERE)
    expect(location.searchParams.get('state')).toBe('st4te')
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'approved', status: 302 })

    const { status, json } = await exchange(location.href)
    expect(status).toBe(200)
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'read' })
    expect(json['refresh_token']).not.toBe(scene.fake.credentials.refreshToken)
    expect((await scene.api('/customers/me', String(json['access_token']))).status).toBe(200)
    expect((await scene.grantOf({ refreshToken: String(json['refresh_token']) })).json['scope']).toBe('read')
  })

  it('adds the code to a query that the address already has', async () => {
    const location = await scene.fake.decide(pageUrl({ redirect_uri: 'http://127.0.0.1:9000/back?x=1' }), 'approve')
    expect(location).toMatch(/^http:\/\/127\.0\.0\.1:9000\/back\?x=1&code=[0-9a-f]{32}&state=st4te$/)
  })

  it('asks for everything if no scope is named, and gives an id token for openid only', async () => {
    const all = await exchange(await scene.fake.decide(pageUrl({ scope: null }), 'approve'))
    expect(all.json['scope']).toBe('read trade openid')
    expect(partOf(all.json['id_token'], 1)).toMatchObject({ aud: scene.fake.credentials.clientId })
    const some = await exchange(await scene.fake.decide(pageUrl(), 'approve'))
    expect(some.json).not.toHaveProperty('id_token')
  })

  it('sends a denial back as access_denied', async () => {
    const location = await scene.fake.decide(pageUrl(), 'deny')
    expect(location).toBe(`${HERE}/?error=access_denied&state=st4te`)
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'denied' })
  })

  it('leaves the state out if there was none', async () => {
    expect(await scene.fake.decide(pageUrl({ state: null }), 'deny')).toBe(`${HERE}/?error=access_denied`)
  })

  it.each([
    ['another client', { client_id: 'somebody' }],
    ['an address with one slash more', { redirect_uri: `${HERE}/` }],
    ['an address that is not registered', { redirect_uri: 'https://evil.invalid' }],
    ['no address', { redirect_uri: null }],
  ])('never sends anybody to where it cannot trust: %s', async (_, changes) => {
    const response = await scene.send(`/auth.html?${query(changes)}`, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toContain('This link does not work')
    await expect(scene.fake.decide(pageUrl(changes), 'approve')).rejects.toThrow(/answered 400/)
  })

  it.each([
    ['response_type', 'token', 'unsupported_response_type', 'invalid-request'],
    ['scope', 'read admin', 'invalid_scope', 'invalid-scope'],
  ])('sends a wrong %s back as an error', async (name, value, error, outcome) => {
    expect(await scene.fake.decide(pageUrl({ [name]: value }), 'approve')).toBe(`${HERE}/?error=${error}&state=st4te`)
    expect(scene.fake.requests.at(-1)).toMatchObject({ kind: 'authorize', outcome, status: 302 })
  })

  it('takes a code once; the second time kills what the first bought', async () => {
    const location = await scene.fake.decide(pageUrl(), 'approve')
    const { json } = await exchange(location)
    const again = await exchange(location)
    expect([again.status, again.json]).toEqual([
      400,
      { error_code: 'invalid_grant', error_description: 'Invalid authorization code' },
    ])
    expect((await scene.api('/customers/me', String(json['access_token']))).status).toBe(401)
    expect((await scene.grantOf({ refreshToken: String(json['refresh_token']) })).json['error_description']).toBe(
      'Grant revoked',
    )
    expect(scene.fake.count({ outcome: 'invalid-code' })).toBe(1)
    expect(scene.fake.failedLogins).toBe(2)
  })

  it.each(['code', 'redirect_uri', 'client_id', 'client_secret'])('wants a %s to give a grant', async (missing) => {
    const location = await scene.fake.decide(pageUrl(), 'approve')
    const { clientId, clientSecret } = scene.fake.credentials
    const members = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(location).searchParams.get('code') ?? '',
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: HERE,
    })
    members.delete(missing)
    const { status, json } = await read(await scene.send('/oauth/token', { method: 'POST', body: members }))
    expect([status, json['error_code']]).toEqual([400, 'invalid_request'])
    expect(scene.fake.count({ outcome: 'invalid-request' })).toBe(1)
  })

  it('takes a code for a minute, for its address, and for its client', async () => {
    const location = await scene.fake.decide(pageUrl(), 'approve')
    expect((await exchange(location, { redirect_uri: `${HERE}/` })).json['error_code']).toBe('invalid_grant')
    expect((await exchange(location, { client_id: 'somebody' })).json['error_code']).toBe('invalid_client')
    expect((await exchange(location, { client_secret: 'wrong' })).json['error_description']).toBe(
      'Client secret mismatch',
    )
    await scene.clock.advance(59_999)
    expect((await exchange(location)).status).toBe(200)
    const late = await scene.fake.decide(pageUrl(), 'approve')
    await scene.clock.advance(60_000)
    expect((await exchange(late)).json['error_code']).toBe('invalid_grant')
    expect((await exchange(`${HERE}/?code=made-up`)).json['error_code']).toBe('invalid_grant')
  })
})
