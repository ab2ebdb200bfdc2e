import { fakeTastytrade, plantCanaries, tapFetch, type Wiretap } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'

function send(fetch: Wiretap['fetch'], body: Record<string, string>): Promise<Response> {
  const headers = {
    'user-agent': 'test/1.0',
    'content-type': 'application/json',
    authorization: 'Basic dGhlOnNlY3JldA==',
  }
  return fetch('https://a.test/oauth/token', { method: 'POST', body: JSON.stringify(body), headers })
}

describe('a tapped fetch', () => {
  it('notes what is sent in a body or as authorization, and leaves the rest in the log', async () => {
    const canaries = plantCanaries()
    const tap = tapFetch(async () => Response.json({}), canaries)
    await send(tap.fetch, { grant_type: 'refresh_token', refresh_token: 'a-refresh-token' })
    expect(canaries.names).toEqual(['authorization', 'refresh_token'])
    expect(tap.requests).toEqual([
      {
        method: 'POST',
        url: 'https://a.test/oauth/token',
        headers: { 'user-agent': 'test/1.0', 'content-type': 'application/json' },
      },
    ])
  })

  it.for(['slow', 'truncated', 'missing-expires-in'] as const)(
    'notes the tokens that a server answers with, also under the fault %s',
    async (fault) => {
      const fake = fakeTastytrade({ rotation: 'strict' })
      fake.fail(fault as 'slow', { delay: 0 })
      const canaries = plantCanaries()
      const tap = tapFetch(fake.fetch, canaries)
      const headers = { 'user-agent': 'test/1.0' }
      const { clientSecret, refreshToken } = fake.credentials
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      })
      const response = await tap.fetch('https://a.test/oauth/token', { method: 'POST', body, headers })
      await response.text().catch(() => undefined)
      expect(canaries.names).toContain('access_token')
      expect(canaries.find(fake.currentRefreshToken())).not.toEqual([])
    },
  )
})
