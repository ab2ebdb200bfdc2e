import { sealCredentials, type CredentialsInput } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'
import { CLIENT_SECRET, clientKey } from './rig.ts'

const ISSUER = 'https://auth.test'
const TOKEN = `${ISSUER}/oauth/token?p=policy`
const CREDENTIALS = { clientId: 'made-up', clientSecret: CLIENT_SECRET, refreshToken: 'made-up-refresh' }
const { signal } = new AbortController()

/** The one token request that these options make, as it goes out. */
async function sentWith(options: Partial<OAuth2Options>, credentials: CredentialsInput = CREDENTIALS, metadata = {}) {
  const { fetch, sent, bodies } = scriptedFetch(({ method }) =>
    json(
      method === 'GET' ? { issuer: ISSUER, token_endpoint: TOKEN, ...metadata } : { access_token: 'made-up-access' },
    ),
  )
  const provider = oauth2({
    fetch,
    ...(options.issuer === undefined ? { endpoints: { token: TOKEN } } : {}),
    ...options,
  })
  await provider.requestToken(sealCredentials(credentials), { signal })
  const request = sent.at(-1)
  return { request, body: Object.fromEntries(new URLSearchParams(bodies.at(-1))), count: sent.length }
}

const claimsOf = (assertion: string | undefined, part = 1) =>
  JSON.parse(Buffer.from(assertion?.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>

describe('a token request', () => {
  it('is one POST of a form, which nothing follows, caches or adds to', async () => {
    const { request, body, count } = await sentWith({
      scope: 'read trade',
      additionalParameters: { resource: 'https://api.test' },
      userAgent: 'my-bot/1.0',
    })
    expect(count).toBe(1)
    expect(request).toMatchObject({
      method: 'POST',
      url: TOKEN,
      redirect: 'manual',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      'user-agent': 'my-bot/1.0',
    })
    expect(body).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'made-up-refresh',
      scope: 'read trade',
      resource: 'https://api.test',
    })
  })

  it('of a client for itself carries no refresh token, even if there is one', async () => {
    const { body } = await sentWith({ grant: 'client_credentials', scope: 'read' })
    expect(body).toEqual({ grant_type: 'client_credentials', scope: 'read' })
  })

  it('goes to where the probe goes, without what is secret', async () => {
    const { fetch, sent } = scriptedFetch(() => new Response('no', { status: 404 }))
    await oauth2({ endpoints: { token: TOKEN }, fetch }).probe({ signal })
    await oauth2({ issuer: `${ISSUER}/realm`, fetch, clientId: 'made-up', clientSecret: CLIENT_SECRET }).probe({
      signal,
    })
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${ISSUER}/`, `GET ${ISSUER}/`])
    expect(sent.flatMap(({ headers }) => headers.get('authorization') ?? [])).toEqual([])
  })
})

describe('the authentication of a client', () => {
  it('is Basic by default, encoded as RFC 6749 section 2.3.1 says', async () => {
    const { request, body } = await sentWith({})
    const [scheme, basic = ''] = request?.headers.get('authorization')?.split(' ') ?? []
    const [name = '', password = ''] = atob(basic).split(':')
    expect([scheme, decodeURIComponent(name)]).toEqual(['Basic', 'made-up'])
    expect(new URLSearchParams(`=${password}`).get('')).toBe(CLIENT_SECRET)
    expect(body).not.toHaveProperty('client_secret')
  })

  it('is in the body where asked for, or where the server takes nothing else', async () => {
    const metadata = { token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'] }
    for (const { request, body } of [
      await sentWith({ clientAuthentication: 'client_secret_post' }),
      await sentWith({ issuer: ISSUER }, CREDENTIALS, metadata),
    ]) {
      expect(request?.headers.has('authorization')).toBe(false)
      expect(body).toMatchObject({ client_id: 'made-up', client_secret: CLIENT_SECRET })
    }
    const both = { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'] }
    expect((await sentWith({ issuer: ISSUER }, CREDENTIALS, both)).request?.headers.has('authorization')).toBe(true)
  })

  it('of a public client is its name', async () => {
    const credentials = { clientId: 'made-up', refreshToken: 'made-up-refresh' }
    const { request, body } = await sentWith({}, credentials)
    expect(request?.headers.has('authorization')).toBe(false)
    expect(body).toEqual({ grant_type: 'refresh_token', refresh_token: 'made-up-refresh', client_id: 'made-up' })
    expect((await sentWith({ clientAuthentication: 'none' })).body).not.toHaveProperty('client_secret')
  })

  it('by a key is a short-lived assertion, meant for this server, and another each time', async () => {
    const privateKey = { key: await clientKey(), kid: 'made-up-key' }
    const { body } = await sentWith({ issuer: ISSUER, privateKey })
    const again = await sentWith({ privateKey: privateKey.key })
    const [claims, others] = [claimsOf(body['client_assertion']), claimsOf(again.body['client_assertion'])]
    expect(claimsOf(body['client_assertion'], 0)).toEqual({ alg: 'ES256', kid: 'made-up-key' })
    expect(claims).toMatchObject({ iss: 'made-up', sub: 'made-up', aud: ISSUER })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBeLessThanOrEqual(65)
    // Without an issuer, the endpoint is what the server is known by.
    expect(others['aud']).toBe(TOKEN)
    expect(others['jti']).not.toBe(claims['jti'])
    expect(body).not.toHaveProperty('client_secret')
    const named = await sentWith({ issuer: ISSUER, privateKey, assertionAudience: TOKEN })
    expect(claimsOf(named.body['client_assertion'])['aud']).toBe(TOKEN)
  })
})
