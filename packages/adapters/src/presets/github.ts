import { condemn } from './condemn.ts'
import type { Preset } from './preset.ts'

/** User access tokens of a GitHub App that expire. Without a secret (device login) set `clientAuthentication: 'none'`. */
export const github: Preset = {
  options: {
    endpoints: {
      token: 'https://github.com/login/oauth/access_token',
      authorization: 'https://github.com/login/oauth/authorize',
      deviceAuthorization: 'https://github.com/login/device/code',
    },
    clientAuthentication: 'client_secret_post',
    apiBaseUrl: 'https://api.github.com',
    // Both come with HTTP 200.
    judge: condemn({ bad_refresh_token: 'grant-revoked', incorrect_client_credentials: 'client-rejected' }),
  },
  facts: {
    accessTokenLifetime: 28_800,
    refreshTokenLifetime: 15_897_600,
    refreshTokenLifetimeFrom: 'issue',
    rotation: 'old one dies',
    sources: [
      {
        url: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
        read: '2026-11-21',
        says:
          '8 hours, and 15,897,600 s for the refresh token, which the answer says as refresh_token_expires_in; using that ' +
          'ends it, and the old access token too',
        by: 'provider',
      },
      {
        url: 'https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors',
        read: '2026-11-21',
        says: 'errors of the token request, incorrect_client_credentials among them',
        by: 'provider',
      },
      {
        url: 'https://www.nango.dev/blog/github-app-oauth-refresh-token-bad-refresh-token',
        read: '2026-11-21',
        says: 'a spent or expired refresh token is refused as bad_refresh_token; also seen with HTTP 400',
        by: 'community',
      },
    ],
  },
}
