import { isTokenRequestFailed, secret, type TokenRequestFailure } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { tastytrade } from '../src/tastytrade.ts'
import { failureOf } from './support/failure-of.ts'

const CALLBACK = 'http://localhost:8000'
const AUTHORIZE = 'http://localhost:9/auth.html'

function begin(options: { readonly redirectUri?: string; readonly scopes?: readonly string[] } = {}) {
  const fake = fakeTastytrade({ redirectUris: [CALLBACK, 'http://localhost:8000/other'] })
  const provider = tastytrade({ environment: 'sandbox', fetch: fake.fetch })
  const { clientId, clientSecret } = fake.credentials
  const login = provider.beginLogin({ clientId, clientSecret, authorizeUrl: AUTHORIZE, ...options })
  return { fake, provider, login }
}

async function refusal(promise: Promise<unknown>): Promise<TokenRequestFailure | null> {
  const error = await failureOf(promise)
  return isTokenRequestFailed(error) ? error.details.failure : null
}

describe('beginLogin() of tastytrade', () => {
  it.for([
    ['production', 'https://my.tastytrade.com/auth.html'],
    ['sandbox', 'https://cert-my.staging-tasty.works/auth.html'],
  ] as const)('%s: leads to its own page, with nothing secret, and asks for read alone', (row) => {
    const [environment, page] = row
    const canaries = plantCanaries()
    const clientSecret = canaries.plant('client secret')
    const { url, state } = tastytrade({ environment }).beginLogin({ clientId: 'my-app', clientSecret })
    expect(url.origin + url.pathname).toBe(page)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'my-app',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'read',
      state,
    })
    expect(state).toMatch(/^[0-9a-f]{64}$/)
    expectNoCanary(url.href, canaries)
  })

  it('each login has a state of its own', () => {
    expect(begin().login.state).not.toBe(begin().login.state)
  })

  it('buys a refresh token that works, and spends the code once', async () => {
    const { fake, provider, login } = begin({ scopes: ['read', 'trade'] })
    const callback = await fake.decide(login.url, 'approve')
    const { credentials, response } = await login.finish(callback)
    expect(response.scope).toBe('read trade')
    const signal = new AbortController().signal
    const { clientSecret } = fake.credentials
    const { refreshToken } = credentials
    const spent = provider.requestToken(
      { clientSecret: secret(clientSecret), refreshToken: secret(refreshToken) },
      { signal },
    )
    await expect(spent).resolves.toHaveProperty('expiresIn', 900)
    await expect(login.finish(callback)).rejects.toMatchObject({
      code: 'invalid-options',
      details: { option: 'finish' },
    })
    expect(fake.tokenRequests).toBe(2)
  })

  it.for([
    ['another state', (url: URL) => url.searchParams.set('state', '0'.repeat(64))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['the state twice', (url: URL) => url.searchParams.append('state', url.searchParams.get('state') ?? '')],
    ['the code twice', (url: URL) => url.searchParams.append('code', url.searchParams.get('code') ?? '')],
    ['no code', (url: URL) => url.searchParams.delete('code')],
  ] as const)('a callback with %s sends nothing, and leaves the login open', async ([, spoil]) => {
    const { fake, login } = begin()
    const callback = await fake.decide(login.url, 'approve')
    const spoiled = new URL(callback)
    spoil(spoiled)
    await expect(refusal(login.finish(spoiled))).resolves.toHaveProperty('kind', 'malformed')
    expect(fake.tokenRequests).toBe(0)
    await expect(login.finish(callback)).resolves.toHaveProperty('credentials.refreshToken')
  })

  it('says that the person said no', async () => {
    const { fake, login } = begin()
    const callback = await fake.decide(login.url, 'deny')
    await expect(refusal(login.finish(callback))).resolves.toEqual({ kind: 'rejected', oauthCode: 'access_denied' })
    expect(fake.tokenRequests).toBe(0)
  })

  it('a code that was issued for another address is refused, and nothing secret is told', async () => {
    const { fake, login, provider } = begin()
    const { clientId, clientSecret } = fake.credentials
    const redirectUri = 'http://localhost:8000/other'
    const other = provider.beginLogin({ clientId, clientSecret, authorizeUrl: AUTHORIZE, redirectUri })
    const code = new URL(await fake.decide(other.url, 'approve')).searchParams.get('code') ?? ''
    const canaries = plantCanaries()
    canaries.note('code', code)
    canaries.note('client secret', clientSecret)
    fake.fail('echo-secrets')
    for (const wanted of ['invalid_request', 'invalid_grant']) {
      const error = await failureOf(login.finish(`/?code=${code}&state=${login.state}`))
      expect(error).toHaveProperty('details.failure.oauthCode', wanted)
      expectNoCanary(error, canaries)
    }
  })

  it.for([
    ['clientId', { clientId: '' }],
    ['clientSecret', { clientSecret: '' }],
    ['redirectUri', { redirectUri: 'http://example.com/' }],
    ['redirectUri', { redirectUri: 'localhost' }],
    ['authorizeUrl', { authorizeUrl: 'http://example.com/auth' }],
    ['scopes', { scopes: ['read trade'] }],
  ] as const)('refuses a %s that cannot work', ([option, wrong]) => {
    const start = () => tastytrade().beginLogin({ clientId: 'my-app', clientSecret: 'invented', ...wrong })
    expect(start).toThrow(expect.objectContaining({ code: 'invalid-options', details: { option } }) as Error)
  })
})
