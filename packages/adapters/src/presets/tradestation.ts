import type { Preset } from './preset.ts'

/**
 * A refresh token comes with the scope `offline_access`. For the simulator set `apiBaseUrl`. For a key with rotating refresh
 * tokens set `loginLifetime: 86_400_000`.
 */
export const tradestation: Preset = {
  options: {
    endpoints: {
      token: 'https://signin.tradestation.com/oauth/token',
      authorization: 'https://signin.tradestation.com/authorize',
    },
    clientAuthentication: 'client_secret_post',
    apiBaseUrl: 'https://api.tradestation.com',
  },
  facts: {
    accessTokenLifetime: 1_200,
    refreshTokenLifetime: null,
    refreshTokenLifetimeFrom: null,
    rotation: 'optional',
    sources: [
      {
        url: 'https://api.tradestation.com/docs/fundamentals/authentication/refresh-tokens/',
        read: '2026-11-21',
        says:
          '20 minutes; refresh tokens do not end, unless the key is set to rotating ones of 30 minutes, of which the last ' +
          'ends 24 hours after the login; a revocation ends all of the key, so none is made',
        by: 'provider',
      },
    ],
  },
}
