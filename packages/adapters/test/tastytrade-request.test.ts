import { secret, sealCredentials } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { tastytrade, type TastytradeOptions } from '../src/tastytrade.ts'
import { VERSION } from '../src/version.ts'
import { loopback, reply } from './support/loopback.ts'
import { json, scriptedFetch } from './support/scripted-fetch.ts'

const CREDENTIALS = sealCredentials({ clientSecret: 'made-up+secret/1', refreshToken: 'made.up.refresh' })
const GRANT = { access_token: 'made-up-access', token_type: 'Bearer', expires_in: 900 }
const { signal } = new AbortController()

async function requested(options: TastytradeOptions = {}, credentials = CREDENTIALS) {
  const script = scriptedFetch(() => json(GRANT))
  await tastytrade({ ...options, fetch: script.fetch }).requestToken(credentials, { signal })
  const [request] = script.sent
  if (request === undefined) throw new Error('Nothing was sent')
  return { request, body: script.bodies[0] ?? '', count: script.sent.length }
}

describe('the token request', () => {
  it('is one POST to the token endpoint of the environment', async () => {
    const production = await requested()
    expect(production.request.method).toBe('POST')
    expect(production.request.url).toBe('https://api.tastyworks.com/oauth/token')
    expect(production.count).toBe(1)
    const sandbox = await requested({ environment: 'sandbox' })
    expect(sandbox.request.url).toBe('https://api.cert.tastyworks.com/oauth/token')
  })

  it('goes below the path of another base URL', async () => {
    const { request } = await requested({ baseUrl: 'https://proxy.example.com/tasty/' })
    expect(request.url).toBe('https://proxy.example.com/tasty/oauth/token')
  })

  it('carries the three fields as JSON, no client id and no scope', async () => {
    const { request, body } = await requested()
    expect(request.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'made.up.refresh',
      client_secret: 'made-up+secret/1',
    })
  })

  it('carries the same fields as a form', async () => {
    const { request, body } = await requested({ body: 'form' })
    expect(request.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'made.up.refresh',
      client_secret: 'made-up+secret/1',
    })
  })

  it.for(['json', 'form'] as const)('adds client id and scopes to a %s body', async (kind) => {
    const credentials = sealCredentials({ clientId: 'made-up-id', clientSecret: 's', refreshToken: 'r' })
    const { body } = await requested({ body: kind, scopes: ['read', 'trade'] }, credentials)
    const fields: unknown = kind === 'json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
    expect(fields).toMatchObject({ client_id: 'made-up-id', scope: 'read trade' })
  })

  it('names itself, asks for JSON and follows, caches and stores nothing', async () => {
    const { request } = await requested()
    expect(request.headers.get('user-agent')).toBe(`evergrant/${VERSION}`)
    expect(request.headers.get('accept')).toBe('application/json')
    expect(request.redirect).toBe('manual')
    expect(request.credentials).toBe('omit')
    expect(request.cache).toBe('no-store')
  })

  it('takes the name of the application', async () => {
    const { request } = await requested({ userAgent: 'my-bot/2.1 (contact me)' })
    expect(request.headers.get('user-agent')).toBe('my-bot/2.1 (contact me)')
  })

  it('knows its own version', () => {
    expect(VERSION).toBe(packageJson.version)
  })

  it('has no Authorization header on the wire, at the second request neither', async () => {
    await using server = await loopback((_, response) => reply(response, 200, GRANT))
    const provider = tastytrade({ baseUrl: server.url })
    const first = await provider.requestToken(CREDENTIALS, { signal })
    await provider.requestToken(CREDENTIALS, { signal })
    expect(first).toMatchObject({ expiresIn: 900 })
    expect(server.received).toHaveLength(2)
    for (const { headers, method, path } of server.received) {
      expect(headers).not.toHaveProperty('authorization')
      expect(headers).not.toHaveProperty('cookie')
      expect(headers['user-agent']).toBe(`evergrant/${VERSION}`)
      expect(`${method} ${path}`).toBe('POST /oauth/token')
    }
  })

  it('is not sent again after a redirect, a 503 or a 429', async () => {
    for (const status of [302, 307, 308, 503, 429]) {
      await using elsewhere = await loopback((_, response) => reply(response, 200, GRANT))
      await using server = await loopback((_, response) => {
        response.writeHead(status, { location: `${elsewhere.url}/oauth/token`, 'retry-after': '0' }).end()
      })
      await expect(tastytrade({ baseUrl: server.url }).requestToken(CREDENTIALS, { signal })).rejects.toHaveProperty(
        'details.failure.status',
        status,
      )
      expect(server.received).toHaveLength(1)
      expect(elsewhere.received).toHaveLength(0)
    }
  })

  it.for([
    ['client secret', { refreshToken: secret('r') }],
    ['refresh token', { clientSecret: secret('s') }],
  ] as const)('is not sent without a %s, and that condemns nothing', async ([missing, credentials]) => {
    const script = scriptedFetch(() => json(GRANT))
    const provider = tastytrade({ fetch: script.fetch })
    const error: unknown = await provider.requestToken(credentials, { signal }).catch((thrown: unknown) => thrown)
    expect(error).toHaveProperty('code', 'token-request-failed')
    expect(error).toHaveProperty('message', expect.stringContaining(missing))
    expect(script.sent).toHaveLength(0)
    const { failure } = (error as { details: { failure: Parameters<NonNullable<typeof provider.judge>>[0] } }).details
    expect(provider.judge?.(failure)).toEqual({ kind: 'misconfigured' })
  })

  it('leaves every other verdict to core', () => {
    expect(tastytrade().judge?.({ kind: 'rejected', oauthCode: 'invalid_grant' })).toBeUndefined()
    expect(tastytrade().judge?.({ kind: 'unknown', description: 'EvalError' })).toBeUndefined()
  })
})

describe('P4 the probe', () => {
  it('is a GET that carries no credential', async () => {
    await using server = await loopback((_, response) => reply(response, 404, { error: { code: 'not_found' } }))
    await tastytrade({ baseUrl: server.url }).probe({ signal })
    expect(server.received).toMatchObject([{ method: 'GET', path: '/', body: '' }])
    expect(server.received[0]?.headers).not.toHaveProperty('authorization')
  })

  it.for([200, 301, 401, 404, 500])('is content with a %i', async (status) => {
    const script = scriptedFetch(() => new Response('<html></html>', { status }))
    await expect(tastytrade({ fetch: script.fetch }).probe({ signal })).resolves.toBeUndefined()
    expect(script.sent).toHaveLength(1)
  })

  it('does not read what is answered, and frees the connection', async () => {
    let cancelled = false
    const endless = new ReadableStream({
      cancel: () => {
        cancelled = true
      },
    })
    await tastytrade({ fetch: scriptedFetch(() => new Response(endless)).fetch }).probe({ signal })
    expect(cancelled).toBe(true)
  })

  it('rejects where nothing answers', async () => {
    const gone = await loopback(() => undefined)
    await gone[Symbol.asyncDispose]()
    await expect(tastytrade({ baseUrl: gone.url }).probe({ signal })).rejects.toMatchObject({
      code: 'token-request-failed',
      details: { failure: { kind: 'network', description: 'ECONNREFUSED' } },
    })
  })
})
