import type { Credentials, Provider } from '@evergrant/core'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { tastytradeLegacy } from '../../src/tastytrade-legacy.ts'
import { json } from '../support/scripted-fetch.ts'

interface Parts {
  readonly fetch: FetchFunction
  readonly baseUrl: string
}

/**
 * A provider of the login with a remember token, at a fake that knows OAuth only: what goes to `/sessions` is put as a
 * refresh (the password too, with the remember token before it), and what comes back as a session. Everything else that happens on the way is that of the fake.
 */
export function bridged(parts: Parts): Provider {
  return {
    ...tastytradeLegacy({ baseUrl: parts.baseUrl, fetch: parts.fetch }),
    // Each with a bridge of its own, which knows what this request may show.
    requestToken: (credentials, options) =>
      tastytradeLegacy({ baseUrl: parts.baseUrl, fetch: createBridge(parts, credentials) }).requestToken(
        { clientId: 'made-up-user', ...credentials },
        options,
      ),
  }
}

function createBridge({ fetch, baseUrl }: Parts, { clientSecret }: Credentials): FetchFunction {
  let refreshToken: unknown = ''
  return async (input, init) => {
    const request = new Request(input, init)
    const fields = (await request.json()) as Record<string, unknown>
    refreshToken = fields['remember-token'] ?? refreshToken
    const body = { grant_type: 'refresh_token', refresh_token: refreshToken, client_secret: clientSecret?.reveal() }
    const { redirect, headers, signal } = request
    const sent = { method: 'POST', redirect, headers, signal, body: JSON.stringify(body) }
    return asSession(await fetch(`${baseUrl}/oauth/token`, sent))
  }
}

async function asSession(response: Response): Promise<Response> {
  if (!(response.headers.get('content-type') ?? '').includes('json')) return response
  const text = await response.clone().text()
  let body: Record<string, unknown>
  try {
    body = JSON.parse(text) as Record<string, unknown>
  } catch {
    return response
  }
  const date = response.headers.get('date')
  const headers = date === null ? {} : { date }
  if (response.ok && typeof body['access_token'] === 'string') {
    const { access_token: token, refresh_token: next, expires_in: seconds } = body
    const from = date === null ? Number.NaN : Date.parse(date)
    const expiration =
      typeof seconds === 'number' && from > 0 ? new Date(from + seconds * 1_000).toISOString() : undefined
    const data = { 'session-token': token, 'remember-token': next, 'session-expiration': expiration }
    return json({ data, context: '/sessions' }, 201, headers)
  }
  if (body['error_code'] !== 'invalid_grant') return response
  return json({ error: { code: 'invalid_credentials', message: body['error_description'] } }, 401, headers)
}
