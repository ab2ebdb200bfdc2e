import { OAuth2Client, OAuth2Fetch, type OAuth2Token } from '@badgateway/oauth2-client'
import type { Peer } from './client.ts'

export const badgateway: Peer = {
  name: '@badgateway/oauth2-client',
  package: '@badgateway/oauth2-client',
  over: 'fetch',
  wiring: 'OAuth2Fetch with a store of its own; it has no margin, and a timer for tokens above two minutes alone',
  create({ url, clientId, clientSecret, refreshToken }) {
    const client = new OAuth2Client({
      server: url,
      clientId,
      clientSecret,
      tokenEndpoint: '/oauth/token',
      authenticationMethod: 'client_secret_post',
    })
    let stored: OAuth2Token = { accessToken: '', expiresAt: 1, refreshToken }
    const wrapper = new OAuth2Fetch({
      client,
      // A program would send the person to log in here.
      getNewToken: () => null,
      getStoredToken: () => stored,
      storeToken: (token) => void (stored = token),
    })
    return {
      token: () => wrapper.getAccessToken(),
      ask: () => wrapper.getAccessToken(),
      request: async () => (await wrapper.fetch(`${url}/data`)).status,
      held: wrapper,
    }
  },
}
