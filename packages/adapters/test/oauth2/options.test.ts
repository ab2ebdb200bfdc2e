import { describe, expect, it } from 'vitest'
import { oauth2 } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { dpopKey } from './rig.ts'

const ISSUER = 'https://auth.test'
const pair = await dpopKey()
const sealed = await crypto.subtle.exportKey('jwk', pair.publicKey)
const hidden = await crypto.subtle.importKey('jwk', sealed, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])

describe('options that cannot be used', () => {
  it.each<{ option: string; options: object }>([
    { option: 'issuer', options: { issuer: undefined } },
    { option: 'issuer', options: { issuer: 'auth.test' } },
    { option: 'issuer', options: { issuer: 'http://auth.test' } },
    { option: 'isuer', options: { isuer: ISSUER } },
    { option: 'endpoints.token', options: { endpoints: {} } },
    { option: 'endpoints.token', options: { endpoints: { token: 'http://auth.test/token' } } },
    { option: 'endpoints.token', options: { endpoints: { token: 'https://user:made-up@auth.test/token' } } },
    { option: 'endpoints.revocation', options: { endpoints: { token: `${ISSUER}/t`, revocation: '/revoke' } } },
    { option: 'tokens', options: { endpoints: { token: `${ISSUER}/t`, tokens: ISSUER } } },
    { option: 'grant', options: { grant: 'password' } },
    { option: 'redirectUri', options: { grant: 'authorization_code' } },
    { option: 'redirectUri', options: { grant: 'authorization_code', redirectUri: 'http://bot.test/callback' } },
    { option: 'dailyExpiry.time', options: { dailyExpiry: { time: '3:30', timeZone: 'UTC' } } },
    { option: 'dailyExpiry.time', options: { dailyExpiry: { time: '24:00', timeZone: 'UTC' } } },
    { option: 'dailyExpiry.timeZone', options: { dailyExpiry: { time: '03:30', timeZone: 'IST/Mumbai' } } },
    { option: 'dailyExpiry.timeZone', options: { dailyExpiry: { time: '03:30' } } },
    { option: 'loginLifetime', options: { loginLifetime: 0 } },
    { option: 'dialect.tokenForm', options: { dialect: { tokenForm: {} } } },
    { option: 'readToken', options: { dialect: { readToken: () => undefined } } },
    { option: 'clientAuthentication', options: { clientAuthentication: 'tls_client_auth' } },
    { option: 'privateKey', options: { clientAuthentication: 'private_key_jwt' } },
    { option: 'privateKey', options: { privateKey: pair.publicKey } },
    { option: 'dpop', options: { dpop: { privateKey: pair.publicKey, publicKey: pair.publicKey } } },
    { option: 'dpop', options: { dpop: { privateKey: pair.privateKey, publicKey: hidden } } },
    { option: 'clientId', options: { clientId: ' made-up' } },
    { option: 'scope', options: { scope: 'read  trade' } },
    {
      option: 'additionalParameters.client_secret',
      options: { additionalParameters: { client_secret: 'made-up-secret' } },
    },
    { option: 'apiBaseUrl', options: { apiBaseUrl: 'http://api.test' } },
    { option: 'userAgent', options: { userAgent: 'bot' } },
    { option: 'maxResponseBytes', options: { maxResponseBytes: 0 } },
    { option: 'requestTimeout', options: { requestTimeout: 0.5 } },
  ])('$option: $options', ({ option, options }) => {
    const make = () => oauth2({ issuer: ISSUER, ...options })
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-options', details: { option } }))
    expect(make).not.toThrow(/made-up/)
  })

  it('are told by the logins too', async () => {
    const provider = oauth2({ issuer: ISSUER, clientId: 'made-up' })
    const redirectUri = 'http://localhost:8000'
    expect(await failureOf(provider.beginLogin({ redirectUri, scope: 'a\tb' }))).toMatchObject({
      details: { option: 'scope' },
    })
    const additionalParameters = { state: 'fixed' }
    expect(await failureOf(provider.beginDeviceLogin({ additionalParameters }))).toMatchObject({
      details: { option: 'additionalParameters.state' },
    })
  })
})

describe('a provider', () => {
  it('is named after its issuer, or the origin of its token endpoint', () => {
    expect(oauth2({ issuer: 'https://auth.test/realm/' })).toMatchObject({
      name: 'oauth2',
      issuer: 'https://auth.test/realm',
    })
    expect(oauth2({ endpoints: { token: 'https://auth.test/a/token' } }).issuer).toBe('https://auth.test')
    const plain = oauth2({ issuer: 'http://localhost:3000' })
    expect(plain.issuer).toBe('http://localhost:3000')
    expect(plain).not.toHaveProperty('apiBaseUrl')
  })

  it('revokes where the server may be able to', () => {
    expect(oauth2({ issuer: ISSUER })).toHaveProperty('revoke')
    expect(oauth2({ endpoints: { token: `${ISSUER}/t`, revocation: `${ISSUER}/r` } })).toHaveProperty('revoke')
    expect(oauth2({ endpoints: { token: `${ISSUER}/t` } })).not.toHaveProperty('revoke')
    expect(oauth2({ issuer: ISSUER, grant: 'client_credentials' })).not.toHaveProperty('revoke')
  })

  it('has words of its own for what to do, and takes others', () => {
    expect(oauth2({ issuer: ISSUER }).help?.['grant-revoked']).toContain('beginLogin')
    const { help } = oauth2({ issuer: ISSUER, help: { 'grant-revoked': 'Ask the desk.' }, environment: 'sandbox' })
    expect(help).toMatchObject({ 'grant-revoked': 'Ask the desk.', 'rotation-lost': expect.stringContaining('lost') })
  })

  it('without what a call needs says so, and sends nothing', async () => {
    const sent: unknown[] = []
    const fetch = async (input: unknown) => {
      sent.push(input)
      return new Response()
    }
    const bare = oauth2({ endpoints: { token: `${ISSUER}/t` }, clientId: 'made-up', fetch })
    const nameless = oauth2({ issuer: ISSUER, fetch })
    const redirectUri = 'com.example.app:/callback'
    for (const [call, says] of [
      [bare.beginLogin({ redirectUri }), 'authorization_endpoint'],
      [bare.beginDeviceLogin(), 'device_authorization_endpoint'],
      [bare.introspect('made-up-token'), 'introspection_endpoint'],
      [nameless.beginLogin({ redirectUri }), 'no client id'],
      [nameless.introspect('made-up-token'), 'no client id'],
    ] as const) {
      const error = await failureOf(call)
      expect(error).toMatchObject({ code: 'token-request-failed' })
      expect((error as Error).message).toContain(says)
      expect((error as Error).message).toContain('nothing was sent')
    }
    expect(sent).toEqual([])
  })
})
