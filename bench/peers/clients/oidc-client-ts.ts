import { InMemoryWebStorage, User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import type { Peer } from './client.ts'

export const oidcClientTs: Peer = {
  name: 'oidc-client-ts',
  package: 'oidc-client-ts',
  over: 'fetch',
  wiring:
    'UserManager with automaticSilentRenew and a user that has a refresh token; made for browsers, it runs in Node too',
  async create({ url, clientId, clientSecret, refreshToken, margin }) {
    const manager = new UserManager({
      authority: url,
      metadata: { issuer: url, token_endpoint: `${url}/oauth/token`, authorization_endpoint: `${url}/oauth/authorize` },
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: `${url}/callback`,
      scope: 'read',
      automaticSilentRenew: true,
      accessTokenExpiringNotificationTimeInSeconds: margin,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    })
    const profile = { sub: 's', iss: url, aud: clientId, exp: 0, iat: 0 }
    await manager.storeUser(
      new User({
        access_token: '',
        refresh_token: refreshToken,
        token_type: 'Bearer',
        scope: 'read',
        profile,
        expires_at: 1,
      }),
    )
    // It begins to renew by itself only once it has seen a user.
    manager.startSilentRenew()
    async function live(): Promise<string> {
      const user = await manager.getUser()
      if (user !== null && user.expired === false) return user.access_token
      return (await manager.signinSilent())?.access_token ?? ''
    }
    return {
      token: live,
      async request() {
        const response = await fetch(`${url}/data`, { headers: { authorization: `Bearer ${await live()}` } })
        await response.arrayBuffer()
        return response.status
      },
      held: manager,
      end: () => manager.stopSilentRenew(),
    }
  },
}
