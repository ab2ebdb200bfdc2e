import { memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { AUTHENTICATIONS, CLIENT_SECRET, createRig, revealed } from './rig.ts'

const { signal } = new AbortController()

describe('a client of oidc-provider', () => {
  it.each(AUTHENTICATIONS)(
    'that is %s refreshes, with rotation, and is refused a token that it has spent',
    async (name) => {
      const rig = await createRig()
      const provider = await rig.provider(name)
      const { credentials } = await rig.login(provider)
      const session = rig.open(provider, credentials)
      const first = await session.getToken()
      expect(first).toMatchObject({ tokenType: 'Bearer', generation: 1, expiresAt: first.issuedAt + 900_000 })
      const second = await session.refresh()
      expect(second.value).not.toBe(first.value)
      expect(await rig.userinfo(second.authorization)).toBe(200)
      expect(rig.server.refusals).toEqual([])

      const thief = rig.open(provider, credentials)
      expect(await failureOf(thief.getToken())).toMatchObject({ code: 'grant-revoked' })
      expect(rig.server.refusals).toEqual(['refresh token already used'])
      expect(await rig.userinfo(second.authorization)).toBe(401)
      expect(rig.addressesWith(CLIENT_SECRET, revealed(credentials.refreshToken), second.value)).toEqual([])
    },
  )

  it.each(AUTHENTICATIONS)('that is %s proves itself in that way alone', async (name) => {
    const rig = await createRig()
    const provider = await rig.provider(name)
    await rig.login(provider)
    const { authorization } = rig.server.requests.findLast(({ path }) => path === '/token') ?? {}
    expect(authorization?.split(' ', 1)).toEqual([name === 'basic' ? 'Basic' : ''])
  })

  it.each(['basic', 'post', 'signs'] as const)(
    'that is %s has a grant of its own, without a refresh token',
    async (name) => {
      const rig = await createRig()
      const provider = await rig.provider(name, { grant: 'client_credentials', scope: 'read trade' })
      expect(provider).not.toHaveProperty('revoke')
      const credentials = { clientId: name, ...(name === 'signs' ? {} : { clientSecret: CLIENT_SECRET }) }
      const session = rig.open(provider, credentials)
      const token = await session.getToken()
      expect(token).toMatchObject({ scope: 'read trade', expiresAt: token.issuedAt + 600_000 })
      expect(await provider.introspect(token.value)).toMatchObject({
        active: true,
        client_id: name,
        scope: 'read trade',
      })
      expect((await session.refresh()).generation).toBe(2)
      await session.signOut({ revoke: true })
      expect(rig.server.count('/token/revocation')).toBe(0)
    },
  )

  it.each(AUTHENTICATIONS)('that is %s revokes its grant when somebody signs out, and can tell', async (name) => {
    const rig = await createRig()
    const provider = await rig.provider(name)
    const { credentials } = await rig.login(provider)
    const session = rig.open(provider, credentials)
    const token = await session.getToken()
    const hint = { tokenTypeHint: 'access_token' } as const
    if (name !== 'public')
      expect(await provider.introspect(token.value, hint)).toMatchObject({ active: true, sub: 'ada' })
    await session.signOut({ revoke: true })
    expect(rig.server.database.all('RefreshToken')).toEqual([])
    expect(await rig.userinfo(token.authorization)).toBe(401)
    expect(await provider.introspect(token.value)).toEqual({ active: false })
    expect(rig.addressesWith(CLIENT_SECRET, token.value)).toEqual([])
  })

  it('is refused the scope that its grant does not have, which is no end of the grant', async () => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider())
    const session = rig.open(await rig.provider('basic', { scope: 'trade' }), credentials)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { code: 'token-request-failed' } })
    expect((await rig.open(await rig.provider(), credentials).getToken()).generation).toBe(1)
  })
})

describe('P2 a client that the server does not accept', () => {
  it.each([
    { what: 'a wrong secret', wrong: { clientSecret: 'made-up-mistake-of-a-secret' } },
    { what: 'an unknown name', wrong: { clientId: 'nobody' } },
    { what: 'no proof at all', wrong: {}, options: { clientAuthentication: 'none' } as const },
  ])('$what: client-rejected after one request, and the grant is unharmed', async ({ wrong, options }) => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider())
    const before = rig.server.count('/token')
    const session = rig.open(await rig.provider('basic', options), { ...credentials, ...wrong })
    const error = await failureOf(session.getToken())
    expect(error).toMatchObject({
      code: 'client-rejected',
      help: expect.stringContaining('token_endpoint_auth_method'),
      cause: { details: { failure: { kind: 'rejected', status: 401, oauthCode: 'invalid_client' } } },
    })
    for (let call = 0; call < 20; call += 1) await failureOf(session.getToken())
    expect(rig.server.count('/token') - before).toBe(1)
    expect((await rig.open(await rig.provider(), credentials).getToken()).generation).toBe(1)
  })

  it('a key that the server does not know: client-rejected too', async () => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider('signs'))
    const { privateKey } = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
    const session = rig.open(await rig.provider('signs', { privateKey }), credentials)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'client-rejected' })
  })

  it('for what stands in the options alone: mended there, it wakes when somebody insists', async () => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider())
    const { refreshToken } = credentials
    const store = memoryStore()
    const wrong = await rig.provider('basic', { clientSecret: 'made-up-mistake-of-a-secret' })
    expect(await failureOf(rig.open(wrong, { refreshToken }, { store }).getToken())).toMatchObject({
      code: 'client-rejected',
      help: expect.stringContaining('refresh({ force: true })'),
    })
    const mended = rig.open(await rig.provider(), { refreshToken }, { store })
    expect(await failureOf(mended.getToken())).toMatchObject({ code: 'client-rejected' })
    expect((await mended.refresh({ force: true })).generation).toBe(1)
  })

  it('nor can it revoke or introspect, which is said', async () => {
    const rig = await createRig()
    const provider = await rig.provider('basic', { clientSecret: 'made-up-mistake-of-a-secret' })
    const refused = {
      code: 'token-request-failed',
      details: { failure: { kind: 'rejected', oauthCode: 'invalid_client' } },
    }
    const credentials = { clientId: 'basic', refreshToken: 'made-up-refresh-token' }
    expect(await failureOf(rig.open(provider, credentials).signOut({ revoke: true }))).toMatchObject(refused)
    expect(await failureOf(provider.introspect('made-up-access-token', { signal }))).toMatchObject(refused)
  })
})

describe('credentials that are not complete', () => {
  it.each([
    { missing: 'client id', options: { clientId: undefined }, credentials: { refreshToken: 'made-up' } },
    { missing: 'refresh token', options: {}, credentials: { clientId: 'basic' } },
    {
      missing: 'client secret',
      options: { clientSecret: undefined, clientAuthentication: 'client_secret_basic' } as const,
      credentials: { refreshToken: 'made-up' },
    },
  ])('without a $missing send nothing, and the session says so', async ({ missing, options, credentials }) => {
    const rig = await createRig()
    const session = rig.open(await rig.provider('basic', options), credentials)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot().lastFailure?.message).toContain(`no ${missing}; nothing was sent`)
    expect(rig.server.count('/token')).toBe(0)
  })

  it('P11 of another client do not get the secret of the options', async () => {
    const rig = await createRig()
    const provider = await rig.provider('basic')
    const session = rig.open(provider, { clientId: 'public', refreshToken: 'made-up-refresh-token' })
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(rig.server.requests.map(({ authorization }) => authorization)).not.toContainEqual(expect.stringMatching(/./))
  })
})
