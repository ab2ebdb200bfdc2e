import { sealCredentials } from '@evergrant/core'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { FetchFunction } from '../src/http/fetch-function.ts'
import { tastytrade } from '../src/tastytrade.ts'
import { loopback } from './support/loopback.ts'
import { edgePage, json, scriptedFetch } from './support/scripted-fetch.ts'

const canaries = plantCanaries()
const CLIENT_SECRET = canaries.plant('client secret')
const REFRESH_TOKEN = canaries.plant('refresh token')
const ACCESS_TOKEN = canaries.plant('access token')
const CREDENTIALS = sealCredentials({ clientSecret: CLIENT_SECRET, refreshToken: REFRESH_TOKEN })

function answering(response: () => Response): FetchFunction {
  return scriptedFetch(response).fetch
}

/** Throws what it was given, as an HTTP library with debugging in mind would. */
const tellsAll: FetchFunction = async (input, init) => {
  const request = new Request(input, init)
  const sent = await request.clone().text()
  throw Object.assign(new Error(`Could not send ${sent}`, { cause: { request, sent } }), {
    code: sent,
    config: { data: sent },
  })
}

const failures: Readonly<Record<string, FetchFunction>> = {
  'a refusal': answering(() => json({ error_code: 'invalid_grant', error_description: 'Grant revoked' }, 400)),
  'a refusal that repeats what was sent': answering(() =>
    json({ error_code: REFRESH_TOKEN, error_description: `${btoa(REFRESH_TOKEN)} ${CLIENT_SECRET}` }, 400),
  ),
  'a server that repeats what was sent': answering(() => json({ error: { message: CLIENT_SECRET } }, 500)),
  'a page from the edge': answering(() => edgePage(401)),
  'a redirect to an address that holds it': answering(
    () =>
      new Response(null, {
        status: 307,
        headers: { location: `https://a.example.com/?r=${encodeURIComponent(REFRESH_TOKEN)}` },
      }),
  ),
  'a limit': answering(() => json({}, 429, { 'retry-after': CLIENT_SECRET })),
  'a token with a line break': answering(() => json({ access_token: `${ACCESS_TOKEN}\n` })),
  'half a token': answering(() => new Response(`{"access_token":"${ACCESS_TOKEN}"`)),
  'a token in an answer too large': answering(() => json({ access_token: ACCESS_TOKEN, fill: ' '.repeat(70_000) })),
  'a token with a failed answer': answering(() => json({ access_token: ACCESS_TOKEN }, 418)),
  'a dropped connection': () => Promise.reject(new TypeError('fetch failed')),
  'a library that tells all': tellsAll,
}

describe('P11 no secret leaves in what the provider throws', () => {
  it.for(Object.entries(failures))('%s', async ([, fetch]) => {
    for (const body of ['json', 'form'] as const) {
      const { signal } = new AbortController()
      const provider = tastytrade({ fetch, body })
      const error: unknown = await provider.requestToken(CREDENTIALS, { signal }).catch((thrown: unknown) => thrown)
      expect(error).toHaveProperty('code', 'token-request-failed')
      expectNoCanary(error, canaries)
    }
  })

  it('over a real connection that drops', async () => {
    await using server = await loopback((_, response) => response.destroy())
    const { signal } = new AbortController()
    const provider = tastytrade({ baseUrl: server.url })
    const error: unknown = await provider.requestToken(CREDENTIALS, { signal }).catch((thrown: unknown) => thrown)
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({ client_secret: CLIENT_SECRET })
    expect(error).toHaveProperty('details.failure.kind', 'network')
    expectNoCanary(error, canaries)
  })

  it('nor in the provider and its answers', async () => {
    const fetch = answering(() => json({ access_token: ACCESS_TOKEN, refresh_token: REFRESH_TOKEN }))
    const provider = tastytrade({ fetch })
    const answer = await provider.requestToken(CREDENTIALS, { signal: new AbortController().signal })
    expectNoCanary([provider, answer], canaries)
    expect(answer).toHaveProperty('accessToken')
  })
})
