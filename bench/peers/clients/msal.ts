import { ConfidentialClientApplication, type AccountInfo, type INetworkModule } from '@azure/msal-node'
import type { Peer } from './client.ts'

const AUTHORITY = 'https://login.test/tenant'

export const msal: Peer = {
  name: '@azure/msal-node',
  package: '@azure/msal-node',
  over: 'fetch',
  fixedMargin: 300,
  wiring:
    'acquireTokenByRefreshToken() once, acquireTokenSilent() from then on; it insists on https, so its network module is ours',
  create({ url, clientId, clientSecret, refreshToken }) {
    const endpoint = (name: string): string => `${AUTHORITY}/oauth2/v2.0/${name}`
    const metadata = { token_endpoint: endpoint('token'), authorization_endpoint: endpoint('authorize'), issuer: 'x' }
    const network: INetworkModule = {
      sendGetRequestAsync: () => Promise.reject(new Error('asks for nothing')),
      async sendPostRequestAsync(_url, options) {
        const init = { method: 'POST', headers: options?.headers ?? {}, body: options?.body ?? '' }
        const response = await fetch(`${url}/oauth/token?account`, init)
        const headers = Object.fromEntries(response.headers)
        return { status: response.status, headers, body: (await response.json()) as never }
      },
    }
    const client = new ConfidentialClientApplication({
      auth: {
        clientId,
        clientSecret,
        authority: AUTHORITY,
        knownAuthorities: ['login.test'],
        authorityMetadata: JSON.stringify({ ...metadata, end_session_endpoint: endpoint('logout') }),
        cloudDiscoveryMetadata: JSON.stringify({
          metadata: [{ preferred_network: 'login.test', preferred_cache: 'login.test', aliases: ['login.test'] }],
        }),
      },
      system: { networkClient: network },
    })
    let account: AccountInfo | null = null
    async function live(): Promise<string> {
      const scopes = ['read']
      const result =
        account === null
          ? await client.acquireTokenByRefreshToken({ refreshToken, scopes, forceCache: true })
          : await client.acquireTokenSilent({ account, scopes })
      account ??= result?.account ?? null
      return result?.accessToken ?? ''
    }
    return {
      token: live,
      async request() {
        const response = await fetch(`${url}/data`, { headers: { authorization: `Bearer ${await live()}` } })
        await response.arrayBuffer()
        return response.status
      },
      held: client,
    }
  },
}
