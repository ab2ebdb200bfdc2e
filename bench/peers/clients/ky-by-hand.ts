import ky from 'ky'
import type { Peer } from './client.ts'

export const kyByHand: Peer = {
  name: 'ky, by hand',
  package: null,
  over: 'ky',
  wiring: 'what a careful person writes: one promise for all, a margin, on 401 a refresh and one replay',
  create({ url, clientId, clientSecret, refreshToken, margin }) {
    const held = { accessToken: '', refreshToken, expiresAt: 0 }
    let refreshing: Promise<void> | null = null

    async function refresh(): Promise<void> {
      const form = { grant_type: 'refresh_token', client_id: clientId, client_secret: clientSecret }
      const body = new URLSearchParams({ ...form, refresh_token: held.refreshToken })
      const answer = await ky.post(`${url}/oauth/token`, { body, retry: 0 }).json<Record<string, string>>()
      held.accessToken = answer['access_token'] ?? ''
      held.refreshToken = answer['refresh_token'] ?? held.refreshToken
      held.expiresAt = Date.now() + Number(answer['expires_in']) * 1_000
    }
    function refreshOnce(): Promise<void> {
      refreshing ??= refresh().finally(() => (refreshing = null))
      return refreshing
    }
    async function live(): Promise<string> {
      if (held.expiresAt - Date.now() <= margin * 1_000) await refreshOnce()
      return held.accessToken
    }
    const api = ky.create({
      retry: 0,
      hooks: {
        beforeRequest: [async ({ request }) => request.headers.set('authorization', `Bearer ${await live()}`)],
        afterResponse: [
          async ({ request, response, retryCount }) => {
            if (response.status !== 401 || retryCount > 0) return
            await refreshOnce()
            const headers = new Headers(request.headers)
            headers.set('authorization', `Bearer ${held.accessToken}`)
            return fetch(request.url, { headers })
          },
        ],
      },
    })
    return {
      token: live,
      async request() {
        const response = await api.get(`${url}/data`)
        await response.arrayBuffer()
        return response.status
      },
      held: api,
    }
  },
}
