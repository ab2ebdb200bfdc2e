import * as openid from 'openid-client'
import type { Peer } from './client.ts'

export const openidClient: Peer = {
  name: 'openid-client',
  package: 'openid-client',
  over: 'fetch',
  wiring:
    'refreshTokenGrant() behind “expired? refresh”, as it keeps no token itself; requests by fetchProtectedResource()',
  create({ url, clientId, clientSecret, refreshToken, margin }) {
    const server = { issuer: url, token_endpoint: `${url}/oauth/token` }
    const config = new openid.Configuration(server, clientId, clientSecret, openid.ClientSecretPost(clientSecret))
    openid.allowInsecureRequests(config)
    const held = { accessToken: '', refreshToken, expiresAt: 0 }
    async function live(): Promise<string> {
      if (held.expiresAt - Date.now() > margin * 1_000) return held.accessToken
      const answer = await openid.refreshTokenGrant(config, held.refreshToken)
      held.accessToken = answer.access_token
      held.refreshToken = answer.refresh_token ?? held.refreshToken
      held.expiresAt = Date.now() + (answer.expires_in ?? 0) * 1_000
      return held.accessToken
    }
    return {
      token: live,
      async request() {
        const response = await openid.fetchProtectedResource(config, await live(), new URL(`${url}/data`), 'GET')
        await response.arrayBuffer()
        return response.status
      },
      held: [config, held],
    }
  },
}
