import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOORS, openScene, partOf, read, type Scene } from './doors.ts'

describe.each(DOORS)('the token endpoint of the fake, through the %s', (door) => {
  let scene: Scene
  beforeEach(async () => {
    scene = await openScene(door)
  })
  afterEach(async () => scene[Symbol.asyncDispose]())

  it.each([{ form: false }, { form: true }])(
    'grants an access token for a body in JSON and in form encoding (%o)',
    async (how) => {
      const { fake, clock } = scene
      const { status, headers, json } = await scene.grantOf(how)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(/^application\/json/)
      expect(headers.get('date')).toBe(new Date(clock.time).toUTCString())
      expect(json).toEqual({
        access_token: expect.any(String) as string,
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'read trade',
      })
      expect(fake.requests).toEqual([
        {
          at: clock.time,
          method: 'POST',
          path: '/oauth/token',
          kind: 'token',
          status: 200,
          outcome: 'granted',
          fault: null,
          generation: 1,
          userAgent: 'scene/1.0',
          credential: true,
        },
      ])
    },
  )

  it('takes a body whose content type has parameters', async () => {
    const { status } = await scene.grantOf({ headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect(status).toBe(200)
  })

  it('makes tokens in the form of JWTs, each another', async () => {
    const { fake } = scene
    const first = (await scene.grantOf()).json['access_token']
    const second = (await scene.grantOf()).json['access_token']
    expect(first).not.toBe(second)
    expect(partOf(first, 0)).toMatchObject({ typ: 'at+jwt' })
    expect(partOf(first, 1)).toMatchObject({
      aud: fake.credentials.clientId,
      scope: 'read trade',
      grant_id: fake.grant.grantId,
    })
    const iat = Math.floor(scene.clock.time / 1000)
    expect(partOf(first, 1)).toMatchObject({ iat, exp: iat + 900 })
    expect(partOf(fake.credentials.refreshToken, 0)).toMatchObject({ typ: 'rt+jwt' })
    expect(partOf(fake.credentials.refreshToken, 1)).not.toHaveProperty('exp')
  })

  it('takes the client id or goes without it, and refuses another', async () => {
    expect((await scene.grantOf({ body: { client_id: scene.fake.credentials.clientId } })).status).toBe(200)
    const { status, json } = await scene.grantOf({ body: { client_id: 'somebody-else' } })
    expect([status, json['error_code']]).toEqual([400, 'invalid_client'])
    expect(scene.fake.requests.at(-1)?.outcome).toBe('client-unknown')
  })

  it('narrows the scope when asked, and refuses one that was not granted', async () => {
    expect((await scene.grantOf({ body: { scope: 'read' } })).json['scope']).toBe('read')
    const { status, json } = await scene.grantOf({ body: { scope: 'read openid' } })
    expect([status, json['error_code']]).toEqual([400, 'invalid_scope'])
    expect(scene.fake.failedLogins).toBe(0)
  })

  it('refuses a text that is no refresh token as an invalid JWT', async () => {
    const [header, payload] = scene.fake.credentials.refreshToken.split('.')
    const almost = [`${header}.${payload}`, `${header}.${payload}.`, `${header}.AAAA.x`, `${header}.${payload}.x.y`]
    for (const refreshToken of ['no-jwt', 'a.b.c', '', ...almost]) {
      const { status, json } = await scene.grantOf({ refreshToken })
      expect(status).toBe(400)
      expect(json).toEqual({ error_code: 'invalid_grant', error_description: 'Invalid JWT' })
    }
    expect(scene.fake.count({ outcome: 'invalid-jwt', status: 400 })).toBe(7)
    expect(scene.fake.failedLogins).toBe(7)
  })

  it('refuses an access token in place of a refresh token as an invalid JWT', async () => {
    const { json } = await scene.grantOf({ refreshToken: scene.fake.mintAccessToken() })
    expect(json['error_description']).toBe('Invalid JWT')
  })

  it('says that a grant is revoked, and says the same of a sound token from another environment', async () => {
    const elsewhere = await openScene(door)
    const foreign = elsewhere.fake.credentials
    await elsewhere[Symbol.asyncDispose]()
    const revoked = { error_code: 'invalid_grant', error_description: 'Grant revoked' }
    expect((await scene.grantOf(foreign)).json).toEqual(revoked)
    expect((await scene.grantOf()).status).toBe(200)
    scene.fake.revokeGrant()
    const { status, json } = await scene.grantOf()
    expect([status, json]).toEqual([400, revoked])
    expect(scene.fake.count({ outcome: 'grant-revoked' })).toBe(2)
    expect(scene.fake.failedLogins).toBe(2)
  })

  it('says that a client secret does not match, without a code of its own', async () => {
    const { status, json } = await scene.grantOf({ clientSecret: 'wrong' })
    expect(status).toBe(400)
    expect(json).toEqual({ error_code: 'invalid_grant', error_description: 'Client secret mismatch' })
    expect(scene.fake.requests.at(-1)?.outcome).toBe('client-secret-mismatch')
    expect(scene.fake.failedLogins).toBe(1)
  })

  it('refuses an Authorization header, whatever else the request says', async () => {
    const { status, json } = await scene.grantOf({ headers: { authorization: 'Bearer stale' } })
    expect([status, json['error_code']]).toEqual([400, 'invalid_request'])
    expect(scene.fake.requests.at(-1)?.outcome).toBe('illegal-authorization-header')
    expect(scene.fake.failedLogins).toBe(0)
  })

  it.each([
    ['no body', ''],
    ['cut JSON', '{"grant_type":'],
    ['a JSON list', '[]'],
    ['no grant type', '{"refresh_token":"x"}'],
    ['a number for a token', '{"grant_type":"refresh_token","refresh_token":7,"client_secret":"x"}'],
    ['no client secret', '{"grant_type":"refresh_token","refresh_token":"x"}'],
    ['a code without the rest', '{"grant_type":"authorization_code","code":"x"}'],
  ])('calls %s an invalid request', async (_, body) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    const { status, json } = await read(await scene.send('/oauth/token', init))
    expect([status, json['error_code']]).toEqual([400, 'invalid_request'])
    expect(scene.fake.failedLogins).toBe(0)
  })

  it('calls any other content type an invalid request', async () => {
    const { status, json } = await scene.grantOf({ headers: { 'content-type': 'text/plain' } })
    expect([status, json['error_code']]).toEqual([400, 'invalid_request'])
  })

  it('knows two grant types', async () => {
    const { status, json } = await scene.grantOf({ body: { grant_type: 'password' } })
    expect([status, json['error_code']]).toEqual([400, 'unsupported_grant_type'])
  })

  it('answers a GET with 404, since nothing is there', async () => {
    const { status } = await read(await scene.send('/oauth/token'))
    expect(status).toBe(404)
    expect(scene.fake.requests.at(-1)).toMatchObject({ kind: 'token', outcome: 'not-found', credential: false })
  })

  it.each([
    ['no User-Agent', ''],
    ['the bare default of Node', 'node'],
  ])('turns away %s at the edge with a page, before the credentials are looked at', async (_, userAgent) => {
    const response = await scene.askToken({ headers: { 'user-agent': userAgent } })
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toContain('<h1>401 Authorization Required</h1>')
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'edge-refused', fault: null, status: 401 })
    expect(scene.fake.failedLogins).toBe(0)
    expect(scene.fake.count({ outcome: 'granted' })).toBe(0)
  })

  it('lets any User-Agent pass where it is told to', async () => {
    await using lax = await openScene(door, { userAgentRequired: false })
    expect((await lax.grantOf({ headers: { 'user-agent': 'node' } })).status).toBe(200)
  })

  it('a new client secret ends every grant, or only the old secret', async () => {
    const { fake } = scene
    const kept = fake.regenerateClientSecret({ keepGrants: true })
    expect(kept).not.toBe(fake.credentials.clientSecret)
    expect((await scene.grantOf()).json['error_description']).toBe('Client secret mismatch')
    expect((await scene.grantOf({ clientSecret: kept })).status).toBe(200)
    const renewed = fake.regenerateClientSecret()
    expect((await scene.grantOf({ clientSecret: renewed })).json['error_description']).toBe('Grant revoked')
    const fresh = fake.createGrant()
    expect(fresh.clientSecret).toBe(renewed)
    expect((await scene.grantOf(fresh)).status).toBe(200)
  })

  it('keeps grants apart', async () => {
    const { fake } = scene
    const other = fake.createGrant({ scopes: ['read'], accounts: 3 })
    expect(other.accountNumbers).toHaveLength(3)
    expect(other.accountNumbers.some((number) => fake.grant.accountNumbers.includes(number))).toBe(false)
    fake.revokeGrant(other.refreshToken)
    expect((await scene.grantOf(other)).json['error_description']).toBe('Grant revoked')
    expect((await scene.grantOf()).json['scope']).toBe('read trade')
    expect(() => fake.revokeGrant('never issued')).toThrow(/never issued/)
  })
})
