import { createSession, judge, sealCredentials, type TokenRequestFailure, type TokenResponse } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { edgePage, json, scriptedFetch } from '../support/scripted-fetch.ts'
import { revealed } from './rig.ts'

const CREDENTIALS = { clientId: 'made-up', clientSecret: 'made-up-secret', refreshToken: 'made-up-refresh-token' }
const DATE = 'Mon, 02 Mar 2026 14:30:00 GMT'
const { signal } = new AbortController()

function providerAt(reply: () => Response | Promise<Response>, options: Partial<OAuth2Options> = {}) {
  return oauth2({ endpoints: { token: 'https://auth.test/token' }, fetch: scriptedFetch(reply).fetch, ...options })
}

const ask = (reply: () => Response | Promise<Response>, options?: Partial<OAuth2Options>): Promise<TokenResponse> =>
  providerAt(reply, options).requestToken(sealCredentials(CREDENTIALS), { signal })

async function refusal(reply: () => Response | Promise<Response>): Promise<TokenRequestFailure> {
  const error = await failureOf(ask(reply))
  const { failure } = (error as { details: { failure: TokenRequestFailure } }).details
  return failure
}

describe('a grant', () => {
  const BODY = {
    access_token: 'made-up-access-token',
    refresh_token: 'made-up-rotated',
    token_type: 'Bearer',
    expires_in: 900,
  }

  it.each([
    { what: 'whole', body: {}, tells: { tokenType: 'Bearer', expiresIn: 900 } },
    { what: 'with a type in lower case', body: { token_type: 'bearer' }, tells: { tokenType: 'Bearer' } },
    { what: 'with a type of its own', body: { token_type: 'Token' }, tells: { tokenType: 'Token' } },
    { what: 'with a type that is none', body: { token_type: 'a\nb' }, tells: {} },
    { what: 'without a type', body: { token_type: undefined }, tells: { expiresIn: 900 } },
    { what: 'with a lifetime in words', body: { expires_in: 'soon' }, tells: {} },
    { what: 'with a lifetime as a text', body: { expires_in: '900' }, tells: { expiresIn: 900 } },
    { what: 'with an ID token that cannot be read', body: { id_token: 'not.a.token' }, tells: { expiresIn: 900 } },
    { what: 'with a scope that is a list', body: { scope: ['read'] }, tells: { expiresIn: 900 } },
    { what: 'with an error beside it', body: { error: 'invalid_grant' }, tells: { expiresIn: 900 } },
  ])('P7 that is $what keeps its rotated refresh token', async ({ body, tells }) => {
    const answer = await ask(() => json({ ...BODY, ...body }))
    expect(answer).toMatchObject(tells)
    expect(revealed(answer.refreshToken)).toBe('made-up-rotated')
    expect(revealed(answer.accessToken)).toBe('made-up-access-token')
  })

  it('without a new refresh token, or with an empty one, keeps the old', async () => {
    expect(await ask(() => json({ ...BODY, refresh_token: '' }))).not.toHaveProperty('refreshToken')
    expect(await ask(() => json({ access_token: 'made-up' }))).not.toHaveProperty('refreshToken')
  })

  it('for the client itself has none, even if the server sends one', async () => {
    const answer = await ask(() => json(BODY), { grant: 'client_credentials' })
    expect(answer).not.toHaveProperty('refreshToken')
    expect(answer).toMatchObject({ expiresIn: 900 })
  })

  it('P15 has the time of the answer, unless a cache gave it', async () => {
    expect(await ask(() => json(BODY, 200, { date: DATE }))).toMatchObject({ date: Date.parse(DATE) })
    expect(await ask(() => json(BODY, 200, { date: DATE, age: '60' }))).not.toHaveProperty('date')
  })

  it('has the type that the options say, where an API wants another', async () => {
    expect(await ask(() => json(BODY), { tokenType: '' })).toMatchObject({ tokenType: '' })
  })
})

describe('a refusal', () => {
  const told =
    (status: number, body: object, headers = {}) =>
    () =>
      json(body, status, headers)
  it.each([
    { what: 'in the words of RFC 6749', reply: told(400, { error: 'invalid_grant' }), verdict: 'revoked' },
    { what: 'in those of tastytrade', reply: told(400, { error_code: 'invalid_grant' }), verdict: 'revoked' },
    {
      what: 'in an envelope',
      reply: told(400, { error: { code: 'invalid_client', message: 'no' } }),
      verdict: 'revoked',
    },
    { what: 'on HTTP 200', reply: told(200, { error: 'invalid_grant' }), verdict: 'revoked' },
    {
      what: 'beside a challenge',
      reply: told(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
      verdict: 'revoked',
    },
    { what: 'with a code that nobody knows', reply: told(400, { error: 'made_up' }), verdict: 'transient' },
    { what: 'that may be a passing mood', reply: told(400, { error: 'invalid_request' }), verdict: 'suspicious' },
    { what: 'by a server in distress', reply: told(500, { error: 'invalid_grant' }), verdict: 'transient' },
    { what: 'by the edge', reply: () => edgePage(403), verdict: 'edge' },
    { what: 'without a body', reply: () => new Response(null, { status: 401 }), verdict: 'edge' },
    { what: 'by nothing in particular', reply: () => new Response('no', { status: 418 }), verdict: 'transient' },
    { what: 'that is no answer at all', reply: () => new Response('<html>'), verdict: 'transient' },
    {
      what: 'by a redirect',
      reply: () => new Response(null, { status: 307, headers: { location: 'https://b.test/x' } }),
      verdict: 'misconfigured',
    },
    { what: 'by a broken line', reply: () => Promise.reject(new TypeError('fetch failed')), verdict: 'transient' },
    {
      what: 'by silence',
      reply: () => Promise.reject(new DOMException('late', 'TimeoutError')),
      verdict: 'unanswered',
    },
  ])('P9 $what: $verdict', async ({ reply, verdict }) => {
    expect(judge(await refusal(reply))).toMatchObject({ kind: verdict })
  })

  it('tells what the server told, and when to come back', async () => {
    const failure = await refusal(
      told(429, { error: 'slow', error_description: 'Too fast' }, { 'retry-after': '7', date: DATE }),
    )
    expect(failure).toEqual({
      kind: 'rate-limited',
      status: 429,
      oauthCode: 'slow',
      description: 'Too fast',
      retryAfter: 7_000,
      date: Date.parse(DATE),
    })
    expect(await refusal(told(503, { error: 'invalid_grant' }, { 'retry-after': '2' }))).toMatchObject({
      kind: 'server',
      retryAfter: 2_000,
    })
    expect(await refusal(() => Promise.reject(new RangeError('a fault of a fetch')))).toEqual({
      kind: 'unknown',
      description: 'RangeError',
    })
    expect(await refusal(() => json({ access_token: 'with a space' }))).toMatchObject({
      kind: 'malformed',
      description: 'the answer has no usable access token',
    })
  })

  it('P2 that only this server knows is judged by the option, on HTTP 200 too: one request, then none', async () => {
    const clock = new VirtualClock()
    const { fetch, sent } = scriptedFetch(() =>
      json({ error: 'bad_refresh_token', error_description: 'It has expired.' }),
    )
    const provider = oauth2({
      endpoints: { token: 'https://auth.test/token' },
      fetch,
      judge: ({ oauthCode }) =>
        oauthCode === 'bad_refresh_token' ? { kind: 'revoked', reason: 'grant-revoked' } : undefined,
    })
    const session = createSession({ provider, clock, credentials: CREDENTIALS })
    onTestFinished(() => session.dispose())
    for (let call = 0; call < 5; call += 1) {
      expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    }
    expect(sent).toHaveLength(1)
  })
})

describe('P12 an abort', () => {
  it('gives back its reason, before and during a request', async () => {
    const reason = new Error('signed out')
    const controller = new AbortController()
    const { fetch, sent } = scriptedFetch(() => new Promise(() => undefined))
    const provider = oauth2({ endpoints: { token: 'https://auth.test/token' }, fetch })
    const during = failureOf(provider.requestToken(sealCredentials(CREDENTIALS), { signal: controller.signal }))
    const probing = failureOf(provider.probe({ signal: controller.signal }))
    controller.abort(reason)
    expect(await during).toBe(reason)
    expect(await probing).toBe(reason)
    const before = sent.length
    expect(await failureOf(provider.requestToken(sealCredentials(CREDENTIALS), { signal: controller.signal }))).toBe(
      reason,
    )
    expect(sent.slice(before).every((request) => request.signal.aborted)).toBe(true)
  })
})
