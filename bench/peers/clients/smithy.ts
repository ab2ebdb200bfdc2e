import { createIsIdentityExpiredFunction, memoizeIdentityProvider } from '@smithy/core'
import type { Peer } from './client.ts'
import { requestToken } from './token-request.ts'

interface TokenIdentity {
  readonly token: string
  readonly expiration: Date
}

export const smithy: Peer = {
  name: '@smithy/core',
  package: '@smithy/core',
  over: 'fetch',
  wiring:
    'memoizeIdentityProvider, which the clients of AWS use, around a token request written by hand; it knows nothing of 401',
  create(settings) {
    let { refreshToken } = settings
    const identity = memoizeIdentityProvider<TokenIdentity>(
      async () => {
        const granted = await requestToken(settings, refreshToken)
        refreshToken = granted.refreshToken ?? refreshToken
        return { token: granted.accessToken, expiration: new Date(granted.expiresAt) }
      },
      createIsIdentityExpiredFunction(settings.margin * 1_000),
      ({ expiration }) => expiration !== undefined,
    )
    const live = async (): Promise<string> => (await identity?.())?.token ?? ''
    return {
      token: live,
      async request() {
        const response = await fetch(`${settings.url}/data`, { headers: { authorization: `Bearer ${await live()}` } })
        await response.arrayBuffer()
        return response.status
      },
      held: identity,
    }
  },
}
