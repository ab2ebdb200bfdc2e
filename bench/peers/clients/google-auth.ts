import { OAuth2Client } from 'google-auth-library'
import type { Peer } from './client.ts'

export const googleAuth: Peer = {
  name: 'google-auth-library',
  package: 'google-auth-library',
  over: 'gaxios',
  wiring:
    'OAuth2Client with its own margin and replay on; the handler of `tokens` keeps a rotated refresh token, which its documents leave out',
  create({ url, clientId, clientSecret, refreshToken, margin }) {
    const client = new OAuth2Client({
      clientId,
      clientSecret,
      endpoints: { oauth2TokenUrl: `${url}/oauth/token` },
      eagerRefreshThresholdMillis: margin * 1_000,
      forceRefreshOnFailure: true,
    })
    client.setCredentials({ refresh_token: refreshToken })
    client.on('tokens', (tokens) => client.setCredentials({ ...client.credentials, ...tokens }))
    return {
      token: async () => (await client.getAccessToken()).token ?? '',
      ask: () => client.getAccessToken(),
      request: async () => (await client.request({ url: `${url}/data` })).status,
      held: client,
    }
  },
}
