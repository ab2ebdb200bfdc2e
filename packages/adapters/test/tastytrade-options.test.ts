import { isInvalidOptions } from '@evergrant/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { tastytrade, type TastytradeOptions } from '../src/tastytrade.ts'
import { json, scriptedFetch } from './support/scripted-fetch.ts'

describe('tastytrade()', () => {
  it('has a preset for each environment, none derived from the other', () => {
    expect(tastytrade()).toMatchObject({
      name: 'tastytrade',
      environment: 'production',
      issuer: 'https://api.tastyworks.com',
      apiBaseUrl: 'https://api.tastyworks.com',
    })
    expect(tastytrade({ environment: 'sandbox' })).toMatchObject({
      environment: 'sandbox',
      issuer: 'https://api.cert.tastyworks.com',
      apiBaseUrl: 'https://api.cert.tastyworks.com',
    })
  })

  it('takes another server, whose origin is the issuer', () => {
    const provider = tastytrade({ environment: 'sandbox', baseUrl: 'https://proxy.example.com:8443/tasty//' })
    expect(provider.issuer).toBe('https://proxy.example.com:8443')
    expect(provider.apiBaseUrl).toBe('https://proxy.example.com:8443/tasty')
    expect(provider.environment).toBe('sandbox')
  })

  it('takes another place for the API', () => {
    const provider = tastytrade({ apiBaseUrl: 'https://data.example.com/' })
    expect(provider.apiBaseUrl).toBe('https://data.example.com')
    expect(provider.issuer).toBe('https://api.tastyworks.com')
  })

  it.for(['http://localhost:8000', 'http://127.0.0.1:1', 'http://127.9.9.9', 'http://[::1]:80', 'http://a.localhost'])(
    'talks plain http to this machine: %s',
    (baseUrl) => {
      expect(tastytrade({ baseUrl }).issuer).toBe(new URL(baseUrl).origin)
    },
  )

  const wrong: readonly (readonly [TastytradeOptions, string])[] = [
    [{ baseUrl: 'http://api.tastyworks.com' }, 'baseUrl'],
    [{ baseUrl: 'http://localhost.example.com' }, 'baseUrl'],
    [{ baseUrl: 'http://127.0.0.1.example.com' }, 'baseUrl'],
    [{ baseUrl: 'http://127.example.com' }, 'baseUrl'],
    [{ baseUrl: 'ftp://api.tastyworks.com' }, 'baseUrl'],
    [{ baseUrl: 'api.tastyworks.com' }, 'baseUrl'],
    [{ baseUrl: '' }, 'baseUrl'],
    [{ baseUrl: 'https://me:made-up-password@api.tastyworks.com' }, 'baseUrl'],
    [{ baseUrl: 'https://:made-up-password@api.tastyworks.com' }, 'baseUrl'],
    [{ baseUrl: 'https://api.tastyworks.com?a=b' }, 'baseUrl'],
    [{ baseUrl: 'https://api.tastyworks.com#a' }, 'baseUrl'],
    [{ apiBaseUrl: 'http://api.tastyworks.com' }, 'apiBaseUrl'],
    [{ userAgent: '' }, 'userAgent'],
    [{ userAgent: 'my-bot' }, 'userAgent'],
    [{ userAgent: 'my bot/1.0' }, 'userAgent'],
    [{ userAgent: 'my-bot/1.0\r\nx: y' }, 'userAgent'],
    [{ userAgent: 'my-bot/' }, 'userAgent'],
    [{ scopes: ['read trade'] }, 'scopes'],
    [{ scopes: [''] }, 'scopes'],
    [{ maxResponseBytes: 0 }, 'maxResponseBytes'],
    [{ maxResponseBytes: 1.5 }, 'maxResponseBytes'],
    [{ maxResponseBytes: Number.POSITIVE_INFINITY }, 'maxResponseBytes'],
    [{ environment: 'cert' as 'sandbox' }, 'environment'],
    [{ environment: 'toString' as 'sandbox' }, 'environment'],
    [{ body: 'xml' as 'json' }, 'body'],
  ]
  it.for(wrong)('refuses %j', ([options, option]) => {
    let error: unknown
    try {
      tastytrade(options)
    } catch (thrown) {
      error = thrown
    }
    expect(isInvalidOptions(error)).toBe(true)
    expect(error).toHaveProperty('details.option', option)
    expect(error).toHaveProperty('help', expect.stringMatching(/\S/))
    expect(String(error)).not.toContain('made-up-password')
  })

  it('takes an empty list of scopes for none', () => {
    expect(() => tastytrade({ scopes: [] })).not.toThrow()
  })

  it('offers no revocation, since the server has none', () => {
    expect(tastytrade()).not.toHaveProperty('revoke')
  })
})

describe('the words of help', () => {
  it('say where to click, and which credentials are dead where', () => {
    const { help } = tastytrade()
    expect(help?.['grant-revoked']).toMatch(/my\.tastytrade\.com .* OAuth Applications → Create Grant/)
    expect(tastytrade({ environment: 'sandbox' }).help?.['grant-revoked']).toContain('"Grant revoked"')
    expect(help?.['grant-revoked']).not.toContain('"Grant revoked"')
    expect(help?.['ip-block-suspected']).toMatch(/8 hours.*api\.support@tastytrade\.com/)
    expect(help?.['edge-refused']).toMatch(/name\/version/)
  })
})

describe('the User-Agent', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('is left out in a browser', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' })
    const script = scriptedFetch(() => json({}))
    await tastytrade({ userAgent: 'my-bot/1.0', fetch: script.fetch }).probe({ signal: new AbortController().signal })
    expect(script.sent[0]?.headers.has('user-agent')).toBe(false)
  })

  it('is sent where there is no navigator', async () => {
    vi.stubGlobal('navigator', undefined)
    const script = scriptedFetch(() => json({}))
    await tastytrade({ userAgent: 'my-bot/1.0', fetch: script.fetch }).probe({ signal: new AbortController().signal })
    expect(script.sent[0]?.headers.get('user-agent')).toBe('my-bot/1.0')
  })
})
