import type { RequestListener } from 'node:http'
import { sealCredentials, type Provider, type TokenRequestFailure } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'
import { createRig } from './rig.ts'

const WELL_KNOWN = '/.well-known/openid-configuration'
const ISSUER = 'https://auth.test/realm'
const METADATA = { issuer: ISSUER, token_endpoint: 'https://auth.test/token' }
const CREDENTIALS = sealCredentials({
  clientId: 'made-up',
  clientSecret: 'made-up-secret',
  refreshToken: 'made-up-token',
})
const { signal } = new AbortController()

describe('the metadata of oidc-provider', () => {
  it('are looked up when they are first needed, once for everybody, and kept', async () => {
    const rig = await createRig()
    const provider = await rig.provider()
    expect(rig.server.requests).toEqual([])
    const options = { redirectUri: 'http://127.0.0.1/callback' }
    await Promise.all([provider.beginLogin(options), provider.beginLogin(options), provider.introspect('made-up')])
    const { credentials } = await rig.login(provider)
    await rig.open(provider, credentials).getToken()
    expect(rig.server.count(WELL_KNOWN)).toBe(1)
  })

  it.each<{ what: string; down: RequestListener }>([
    { what: 'in trouble', down: (_request, response) => response.writeHead(503).end() },
    { what: 'gone', down: (_request, response) => response.destroy() },
    {
      what: 'behind something that refuses in its place, in its words',
      down: (_request, response) =>
        response.writeHead(400).end('{"error":"invalid_client","error_description":"Client secret mismatch"}'),
    },
  ])('P9 of a server that is $what at first are asked for again; no credential is condemned', async ({ down }) => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider())
    const before = rig.server.count('/token')
    rig.server.instead = down
    const clock = new VirtualClock()
    const session = rig.open(await rig.provider(), credentials, { clock })
    expect(await failureOf(session.getToken({ maxWait: 0 }))).toMatchObject({ code: 'wait-timeout' })
    await clock.settleUntil(() => session.getSnapshot().state === 'backoff')
    expect(session.getSnapshot().lastFailure?.message).toContain('while the metadata were looked up')
    expect(rig.server.count('/token')).toBe(before)

    rig.server.instead = null
    const token = session.getToken()
    await clock.advance((session.getSnapshot().retryAt ?? 0) - clock.time)
    await clock.settleUntil(() => session.getSnapshot().state === 'valid')
    expect(await rig.userinfo((await token).authorization)).toBe(200)
  })

  it('P11 of a wrong issuer cost nothing: no credential is sent there', async () => {
    const rig = await createRig()
    const { credentials } = await rig.login(await rig.provider())
    const before = rig.server.count('/token')
    // The same machine by another name.
    const issuer = rig.server.issuer.replace('127.0.0.1', 'localhost')
    const session = rig.open(await rig.provider('basic', { issuer }), credentials)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot().lastFailure?.message).toContain('those of another issuer; nothing was sent')
    expect(rig.server.count('/token')).toBe(before)
  })
})

/** What a provider of that issuer says of a server that answers so. */
async function ask(
  replies: (path: string, count: number) => Response | Promise<Response>,
  options?: Partial<OAuth2Options>,
) {
  const { fetch, sent, bodies } = scriptedFetch(({ url }, count) => replies(new URL(url).pathname, count))
  const provider = oauth2({ issuer: ISSUER, fetch, ...options })
  const error = await failureOf(provider.requestToken(CREDENTIALS, { signal }))
  const failure = (error as { details?: { failure?: TokenRequestFailure } } | null)?.details?.failure
  return { provider, failure, paths: sent.map(({ url }) => new URL(url).pathname), bodies }
}

const verdictOn = (provider: Provider, failure: TokenRequestFailure | undefined) => failure && provider.judge?.(failure)
const GRANT = () => json({ access_token: 'made-up-access-token' })

describe('the metadata of an issuer', () => {
  it('may lie at either of two places (OpenID Connect Discovery 1.0, RFC 8414)', async () => {
    for (const other of [
      () => json({ error: 'not_found' }, 404),
      () => new Response('<html>'),
      () => new Response(null, { status: 403 }),
    ]) {
      const { failure, paths } = await ask((path) => {
        if (path === '/token') return GRANT()
        return path.endsWith('/openid-configuration') ? other() : json(METADATA)
      })
      expect(failure).toBeUndefined()
      expect(paths).toEqual([
        '/realm/.well-known/openid-configuration',
        '/.well-known/oauth-authorization-server/realm',
        '/token',
      ])
    }
  })

  it.each([
    { what: 'nowhere', reply: () => json({}, 404), says: 'no metadata at its well-known addresses' },
    {
      what: 'of another issuer',
      reply: () => json({ ...METADATA, issuer: 'https://evil.test' }),
      says: 'another issuer',
    },
    { what: 'without a token endpoint', reply: () => json({ issuer: ISSUER }), says: 'no token_endpoint' },
    {
      what: 'with a token endpoint that all can overhear',
      reply: () => json({ ...METADATA, token_endpoint: 'http://auth.test/token' }),
      says: 'no token_endpoint',
    },
    {
      what: 'with a token endpoint that is no address',
      reply: () => json({ ...METADATA, token_endpoint: { href: 'https://auth.test' } }),
      says: 'no token_endpoint',
    },
  ])('that are $what are a matter of configuration, and nothing is sent', async ({ reply, says }) => {
    const { provider, failure, bodies } = await ask(reply)
    expect(failure?.description).toContain(says)
    expect(verdictOn(provider, failure)).toEqual({ kind: 'misconfigured' })
    expect(bodies.join('')).toBe('')
  })

  it('P11 are not followed to another address', async () => {
    const location = 'https://elsewhere.test/.well-known/openid-configuration?made=up'
    const { failure, paths } = await ask(() => new Response(null, { status: 302, headers: { location } }))
    expect(failure).toMatchObject({
      kind: 'redirect',
      description: expect.stringContaining('to https://elsewhere.test'),
    })
    expect(failure?.description).not.toContain('made')
    expect(paths).toHaveLength(1)
  })

  it('say when the server asks for patience', async () => {
    const { failure } = await ask(() => json({}, 429, { 'retry-after': '30' }))
    expect(failure).toMatchObject({ kind: 'rate-limited', status: 429, retryAfter: 30_000 })
  })

  it('are read no further than the limit', async () => {
    const { failure } = await ask(() => json({ ...METADATA, fill: 'x'.repeat(2_000) }), { maxResponseBytes: 1_000 })
    expect(failure).toMatchObject({ kind: 'malformed', description: expect.stringContaining('larger than 1000 bytes') })
  })

  it('are looked up again once the token endpoint has moved', async () => {
    const paths: string[] = []
    const { fetch } = scriptedFetch(({ url }) => {
      const { pathname } = new URL(url)
      paths.push(pathname)
      if (pathname.includes('.well-known')) {
        return json({ ...METADATA, token_endpoint: `https://auth.test/token${paths.length > 1 ? '/new' : ''}` })
      }
      return pathname === '/token' ? new Response(null, { status: 404 }) : GRANT()
    })
    const provider = oauth2({ issuer: ISSUER, fetch })
    expect(await failureOf(provider.requestToken(CREDENTIALS, { signal }))).toMatchObject({
      details: { failure: { kind: 'unknown', status: 404 } },
    })
    await provider.requestToken(CREDENTIALS, { signal })
    await provider.requestToken(CREDENTIALS, { signal })
    const known = '/realm/.well-known/openid-configuration'
    expect(paths).toEqual([known, '/token', known, '/token/new', '/token/new'])
  })
})

describe('P12 a look-up', () => {
  const silence = () => new Promise<Response>(() => undefined)

  it('that nobody answers has a bound', async () => {
    const clock = new VirtualClock()
    const { fetch, sent } = scriptedFetch(silence)
    const provider = oauth2({ issuer: ISSUER, fetch, clock, requestTimeout: 3_000 })
    const error = failureOf(provider.requestToken(CREDENTIALS, { signal }))
    await clock.advance(3_000)
    expect(await error).toMatchObject({ details: { failure: { kind: 'timeout' } } })
    expect(sent[0]?.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('goes on for the others when one leaves, and ends with the last', async () => {
    const clock = new VirtualClock()
    const { fetch, sent } = scriptedFetch(silence)
    const provider = oauth2({ issuer: ISSUER, fetch, clock })
    const [first, second] = [new AbortController(), new AbortController()]
    const left = failureOf(provider.requestToken(CREDENTIALS, { signal: first.signal }))
    const staying = failureOf(provider.requestToken(CREDENTIALS, { signal: second.signal }))
    await clock.settleUntil(() => sent.length === 1)
    const reason = new Error('signed out')
    first.abort(reason)
    expect(await left).toBe(reason)
    expect(sent[0]?.signal.aborted).toBe(false)
    second.abort(reason)
    expect(await staying).toBe(reason)
    expect(sent[0]?.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
    // Whoever comes next begins anew.
    const next = failureOf(provider.requestToken(CREDENTIALS, { signal }))
    await clock.settleUntil(() => sent.length === 2)
    await clock.advance(10_000)
    expect(await next).toMatchObject({ details: { failure: { kind: 'timeout' } } })
  })
})
