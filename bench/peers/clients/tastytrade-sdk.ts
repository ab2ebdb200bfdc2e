import TastytradeClient from '@tastytrade/api'
import type { Peer } from './client.ts'

export const tastytradeSdk: Peer = {
  name: '@tastytrade/api',
  package: '@tastytrade/api',
  over: 'axios',
  fixedMargin: 30,
  wiring: 'the official SDK as it comes; it has no way to ask for a token, so the two calls that its requests make',
  create({ url, clientSecret, refreshToken }) {
    const client = new TastytradeClient({
      ...TastytradeClient.SandboxConfig,
      baseUrl: url,
      clientSecret,
      refreshToken,
      oauthScopes: ['read'],
    } as ConstructorParameters<typeof TastytradeClient>[0])
    const { httpClient } = client
    return {
      async token() {
        if (httpClient.needsTokenRefresh) await httpClient.generateAccessToken()
        return httpClient.accessToken.token
      },
      request: async () => ((await httpClient.getData('/data')) as { status: number }).status,
      held: client,
    }
  },
}
