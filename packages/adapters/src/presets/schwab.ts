import type { TokenRequestFailure, Verdict } from '@evergrant/core'
import type { Preset } from './preset.ts'

const LOG_IN =
  'Schwab ends each refresh token seven days after the login, and no refresh extends that. Log in again (beginLogin ' +
  'of the provider) and hand the result to setCredentials(), best once a week at a fixed time.'

/** The Trader API. */
export const schwab: Preset = {
  options: {
    endpoints: {
      token: 'https://api.schwabapi.com/v1/oauth/token',
      authorization: 'https://api.schwabapi.com/v1/oauth/authorize',
    },
    clientAuthentication: 'client_secret_basic',
    apiBaseUrl: 'https://api.schwabapi.com',
    loginLifetime: 604_800_000,
    help: { 'grant-revoked': LOG_IN, 'login-expired': LOG_IN },
    judge: judgeSchwab,
  },
  facts: {
    accessTokenLifetime: 1_800,
    refreshTokenLifetime: 604_800,
    refreshTokenLifetimeFrom: 'login',
    rotation: 'none',
    sources: [
      {
        url: 'https://rdrr.io/cran/schwabr/man/schwab_auth2_refreshToken.html',
        read: '2026-11-21',
        says: 'a refresh token is good for seven days from the login, an access token for 30 minutes',
        by: 'community',
      },
      {
        url: 'https://github.com/48n116w/tda_to_schwab',
        read: '2026-11-21',
        says: 'nothing but a login gives another refresh token, confirmed by Schwab; the client in the header',
        by: 'community',
      },
      {
        url: 'https://github.com/tylerebowers/Schwabdev/issues/40',
        read: '2026-11-21',
        says: 'such a one is refused with 400 unsupported_token_type, around a refresh_token_authentication_error',
        by: 'community',
      },
    ],
  },
}

/** By the words within too: that code alone says nothing of a grant. */
function judgeSchwab({ kind, oauthCode, description = '' }: TokenRequestFailure): Verdict | undefined {
  const dead = /refresh[_ ]token/i.test(description)
  if (kind !== 'rejected' || oauthCode !== 'unsupported_token_type' || !dead) return undefined
  return { kind: 'revoked', reason: 'grant-revoked' }
}
