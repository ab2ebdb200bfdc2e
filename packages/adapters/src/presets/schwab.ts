import type { TokenRequestFailure, Verdict } from '@evergrant/core'
import type { Preset } from './preset.ts'

/** The Trader API. */
export const schwab: Preset = {
  options: {
    endpoints: {
      token: 'https://api.schwabapi.com/v1/oauth/token',
      authorization: 'https://api.schwabapi.com/v1/oauth/authorize',
    },
    clientAuthentication: 'client_secret_basic',
    apiBaseUrl: 'https://api.schwabapi.com',
    help: {
      'grant-revoked':
        'Schwab ends each refresh token seven days after the login, and no refresh extends that. Log in again (beginLogin ' +
        'of the provider) and hand the result to setCredentials(), best once a week at a fixed time.',
    },
    judge: judgeSchwab,
  },
  facts: {
    accessTokenLifetime: 1_800,
    refreshTokenLifetime: 604_800,
    refreshTokenLifetimeFrom: 'login',
    rotation: 'none',
    sources: [
      {
        url: 'https://schwab-py.readthedocs.io/en/stable/auth.html',
        read: null,
        says: 'a refresh token is dead seven days after the login, whatever one does',
        by: 'community',
      },
      {
        url: 'https://github.com/tylerebowers/Schwabdev/issues/40',
        read: null,
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
