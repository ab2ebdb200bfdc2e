import { secret, type Provider } from '@evergrant/core'
import { describeCanaries, type CanaryParts } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { keeperProvider } from '../../src/keeper.ts'
import { providerPaths } from '../canaries/shares.ts'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const SERVICE_UNAVAILABLE = 503

/**
 * A keeper that has the grant of whoever asks: the refresh token of the walk is the API key. Of a refusal it repeats that key,
 * and all else that comes in place of a token goes on as it is.
 */
function keeperOf({ fetch, baseUrl }: CanaryParts): Provider {
  const secrets = new Map<string, string>()
  const rotated = new Map<string, string>()

  const front: FetchFunction = async (input, init) => {
    const { url, headers, signal } = new Request(input, init)
    if (!url.includes('/api/v1/token')) return fetch(url, { headers, signal })
    const key = headers.get('authorization')?.slice('Bearer '.length) ?? ''
    const clientSecret = secrets.get(key)
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: rotated.get(key) ?? key })
    if (clientSecret !== undefined) body.set('client_secret', clientSecret)
    const answer = await fetch(`${baseUrl}/oauth/token`, { method: 'POST', body, headers: agentOf(headers), signal })
    if (answer.status === 400) return problemOf(clientSecret === undefined ? await answer.text() : `for ${key}`)
    if (answer.status !== 200) return answer
    const text = await answer.text()
    const granted = parse(text)
    if (typeof granted['access_token'] !== 'string') return new Response(text, { headers: answer.headers })
    const next = granted['refresh_token']
    if (typeof next === 'string' && next !== '') rotated.set(key, next)
    return Response.json({ ...granted, generation: 1 }, { headers: answer.headers })
  }

  const provider = keeperProvider({ url: baseUrl, apiBaseUrl: baseUrl, fetch: front })
  return {
    ...provider,
    requestToken({ clientSecret, refreshToken }, options) {
      const key = refreshToken?.reveal() ?? ''
      // What is planted for a server that repeats what it is sent is of no use to any other, and has what no token has.
      if (clientSecret !== undefined && !key.includes('"')) secrets.set(key, clientSecret.reveal())
      return provider.requestToken({ clientSecret: secret(key) }, options)
    },
  }
}

function agentOf(headers: Headers): Readonly<Record<string, string>> {
  return { 'user-agent': headers.get('user-agent') ?? '' }
}

function problemOf(detail: string): Response {
  const body = JSON.stringify({ code: 'token-unavailable', detail, help: detail })
  return new Response(body, { status: SERVICE_UNAVAILABLE, headers: { 'content-type': 'application/problem+json' } })
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}

describeCanaries(
  'a keeper',
  { provider: keeperOf, clients: { fetch: (session, { fetch }) => bearerFetch(session, { fetch }) } },
  providerPaths('keeper', { describe, it }),
)
