import { condemn } from './condemn.ts'
import type { Preset } from './preset.ts'

const BASE = 'https://login.microsoftonline.com/common/oauth2/v2.0'

/**
 * Accounts of any tenant; for one alone, give `endpoints` with its id in place of `common`. A public client sets
 * `clientAuthentication: 'none'`; one whose redirect URI is of a single-page app sets `loginLifetime: 86_400_000` too.
 */
export const microsoft: Preset = {
  options: {
    endpoints: {
      token: `${BASE}/token`,
      authorization: `${BASE}/authorize`,
      deviceAuthorization: `${BASE}/devicecode`,
    },
    clientAuthentication: 'client_secret_post',
    apiBaseUrl: 'https://graph.microsoft.com',
    judge: condemn({ interaction_required: 'grant-revoked', consent_required: 'grant-revoked' }),
  },
  facts: {
    accessTokenLifetime: 3_600,
    refreshTokenLifetime: 7_776_000,
    refreshTokenLifetimeFrom: 'issue',
    rotation: 'old one lives on',
    sources: [
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens',
        read: '2026-11-21',
        says: '90 days, a new one with each use, the old one is not revoked; 24 hours from the login for a redirect URI of a single-page app',
        by: 'provider',
      },
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/configurable-token-lifetimes',
        read: '2026-11-21',
        says: 'an access token lives for 60 to 90 minutes',
        by: 'provider',
      },
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
        read: '2026-11-21',
        says:
          'endpoints, and the errors of the token endpoint: for interaction_required and consent_required the person is ' +
          'sent to the login again',
        by: 'provider',
      },
    ],
  },
}
