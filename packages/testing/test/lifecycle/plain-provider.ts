import { tokenRequestError, type FailureKind, type Provider, type TokenResponse } from '@evergrant/core'
import type { LifecycleDoor } from '@evergrant/testing'

const HEADERS = { 'user-agent': 'plain/1.0', 'content-type': 'application/x-www-form-urlencoded' }

interface Answer {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly expires_in?: number
  readonly error_code?: string
  readonly error_description?: string
}

/** A provider as somebody may write one by hand, over `fetch` alone. */
export function plainProvider({ fetch, baseUrl }: LifecycleDoor): Provider {
  return {
    issuer: baseUrl,
    async requestToken({ clientSecret, refreshToken }, { signal }) {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_secret: clientSecret?.reveal() ?? '',
        refresh_token: refreshToken?.reveal() ?? '',
      })
      const response = await send(() =>
        fetch(`${baseUrl}/oauth/token`, { method: 'POST', headers: HEADERS, body, signal }),
      )
      return read(response, await send(() => response.text()))
    },
    async probe({ signal }) {
      await fetch(baseUrl, { headers: HEADERS, signal })
    },
  }
}

async function send<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch {
    throw tokenRequestError({ kind: 'network' })
  }
}

function read({ status, headers }: Response, text: string): TokenResponse {
  const answer = parse(text)
  if (status === 200 && answer?.access_token !== undefined) {
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer
    return {
      accessToken,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(expiresIn === undefined ? {} : { expiresIn }),
    }
  }
  const after = headers.get('retry-after')
  throw tokenRequestError({
    kind: kindOf(status, answer),
    status,
    ...(answer?.error_code === undefined ? {} : { oauthCode: answer.error_code }),
    ...(answer?.error_description === undefined ? {} : { description: answer.error_description }),
    ...(after === null ? {} : { retryAfter: Number(after) * 1_000 }),
  })
}

function kindOf(status: number, answer: Answer | null): FailureKind {
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'server'
  if (answer?.error_code !== undefined) return 'rejected'
  return status === 401 || status === 403 ? 'edge' : 'malformed'
}

function parse(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return null
  }
}
