import type { Preset } from './preset.ts'

const LOG_IN =
  'Spotify ends each grant six months after the login, and no refresh extends that. Log in again (beginLogin of the ' +
  'provider) and hand the result to setCredentials().'

/** With a secret, or without one after a login with PKCE. */
export const spotify: Preset = {
  options: {
    endpoints: {
      token: 'https://accounts.spotify.com/api/token',
      authorization: 'https://accounts.spotify.com/authorize',
    },
    apiBaseUrl: 'https://api.spotify.com',
    // The shortest of all half years would be a day longer.
    loginLifetime: 15_552_000_000,
    help: { 'grant-revoked': LOG_IN, 'login-expired': LOG_IN },
  },
  facts: {
    accessTokenLifetime: 3_600,
    refreshTokenLifetime: 15_552_000,
    refreshTokenLifetimeFrom: 'login',
    rotation: 'optional',
    sources: [
      {
        url: 'https://developer.spotify.com/blog/2026-06-18-refresh-token-expiration',
        read: '2026-11-21',
        says: 'six months from the login, for new apps since 2026-06-18 and for all since 2026-07-20; then invalid_grant',
        by: 'provider',
      },
      {
        url: 'https://developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens',
        read: '2026-11-21',
        says: 'an hour; Basic with a secret, client_id in the body without; a new refresh token may come',
        by: 'provider',
      },
    ],
  },
}
