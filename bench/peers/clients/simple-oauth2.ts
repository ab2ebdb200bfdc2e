import { AuthorizationCode } from 'simple-oauth2'
import type { Peer } from './client.ts'

export const simpleOauth2: Peer = {
  name: 'simple-oauth2',
  package: 'simple-oauth2',
  over: 'fetch',
  wiring: 'the refresh of its README: expired? refresh; it shares nothing between callers',
  create({ url, clientId, clientSecret, refreshToken, margin }) {
    const client = new AuthorizationCode({
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: url, tokenPath: '/oauth/token' },
      options: { authorizationMethod: 'body' },
    })
    let token = client.createToken({ refresh_token: refreshToken, expires_at: new Date(0).toISOString() })
    async function live(): Promise<string> {
      if (token.expired(margin)) token = await token.refresh()
      return String(token.token['access_token'])
    }
    return {
      token: live,
      async request() {
        const headers = { authorization: `Bearer ${await live()}` }
        const response = await fetch(`${url}/data`, { headers })
        await response.arrayBuffer()
        return response.status
      },
      get held() {
        return token
      },
    }
  },
}
