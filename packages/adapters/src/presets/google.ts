import type { Preset } from './preset.ts'

/**
 * A refresh token comes with `access_type=offline` and `prompt=consent` in the login. For a project in testing set
 * `loginLifetime: 604_800_000`; where the person has granted access for a time, Google says so with each token.
 */
export const google: Preset = {
  options: {
    issuer: 'https://accounts.google.com',
    endpoints: {
      token: 'https://oauth2.googleapis.com/token',
      authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
      deviceAuthorization: 'https://oauth2.googleapis.com/device/code',
      revocation: 'https://oauth2.googleapis.com/revoke',
    },
    clientAuthentication: 'client_secret_post',
    help: {
      'grant-revoked':
        'The grant was revoked, was not used for six months, or is one of a project in testing, whose grants end after ' +
        'seven days. Log in again (beginLogin with access_type=offline and prompt=consent as additionalParameters) and ' +
        'hand the result to setCredentials().',
    },
  },
  facts: {
    accessTokenLifetime: 3_600,
    refreshTokenLifetime: 15_552_000,
    refreshTokenLifetimeFrom: 'use',
    rotation: 'none',
    sources: [
      {
        url: 'https://developers.google.com/identity/protocols/oauth2#expiration',
        read: '2026-11-21',
        says: 'a refresh token ends after six months without use, and after seven days in a project that is in testing',
        by: 'provider',
      },
      {
        url: 'https://developers.google.com/youtube/v3/guides/auth/installed-apps',
        read: '2026-11-21',
        says:
          'endpoints, the client in the body, answers to a refresh without a refresh token; refresh_token_expires_in where ' +
          'access was granted for a time',
        by: 'provider',
      },
      {
        url: 'https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient',
        read: '2026-11-21',
        says: 'a refresh token for a server takes access_type=offline',
        by: 'provider',
      },
    ],
  },
}
