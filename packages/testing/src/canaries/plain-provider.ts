import { secret, tokenRequestError, type Provider, type TokenRequestFailure } from '@evergrant/core'
import type { FakeFetch } from '../tastytrade/fetch-door.ts'

type Answer = Readonly<Record<string, unknown>>

/**
 * As little of a provider as the port of core allows, for the walk of a store or an HTTP adapter. A known code is all
 * that it repeats of a refusal.
 */
export function plainProvider(fetch: FakeFetch, baseUrl: string): Provider {
  return {
    issuer: baseUrl,
    apiBaseUrl: baseUrl,
    async requestToken({ clientSecret, refreshToken }, { signal }) {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_secret: clientSecret?.reveal() ?? '',
        refresh_token: refreshToken?.reveal() ?? '',
      })
      const { status, answer } = await ask(fetch, `${baseUrl}/oauth/token`, { method: 'POST', body, signal })
      const { access_token: accessToken, refresh_token: rotated, expires_in: expiresIn } = answer
      if (status !== 200 || typeof accessToken !== 'string') throw tokenRequestError(failureOf(status, answer))
      return {
        accessToken: secret(accessToken),
        ...(typeof rotated === 'string' ? { refreshToken: secret(rotated) } : {}),
        ...(typeof expiresIn === 'number' ? { expiresIn } : {}),
      }
    },
    async probe({ signal }) {
      await ask(fetch, baseUrl, { signal })
    },
  }
}

// By name, since a server may put anything into its answers.
const KNOWN_CODES: readonly unknown[] = ['invalid_grant', 'invalid_client', 'invalid_request']

function failureOf(status: number, { error_code: code }: Answer): TokenRequestFailure {
  if (status === 429) return { kind: 'rate-limited', status }
  if (status >= 500) return { kind: 'server', status }
  return KNOWN_CODES.includes(code)
    ? { kind: 'rejected', status, oauthCode: String(code) }
    : { kind: 'malformed', status }
}

/** What a `fetch` or a parser throws may quote what was sent or received, so nothing of it goes on. */
async function ask(fetch: FakeFetch, url: string, init: RequestInit): Promise<{ status: number; answer: Answer }> {
  const { signal } = init
  try {
    const response = await fetch(url, { ...init, headers: { 'user-agent': 'plain-provider/1.0' }, redirect: 'manual' })
    const text = await response.text()
    return { status: response.status, answer: parse(text) }
  } catch {
    signal?.throwIfAborted()
    throw tokenRequestError({ kind: 'network' })
  }
}

function parse(text: string): Answer {
  try {
    return Object(JSON.parse(text)) as Answer
  } catch {
    return {}
  }
}
