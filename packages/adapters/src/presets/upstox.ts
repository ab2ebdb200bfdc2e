import * as z from 'zod/mini'
import { asCode, asText, member } from '../http/members.ts'
import type { Refusal } from '../oauth2/dialect.ts'
import { condemn } from './condemn.ts'
import type { Preset } from './preset.ts'

const LOG_IN =
  'Upstox wants a login each day, after 03:30 in India. Open https://api.upstox.com/v2/login/authorization/dialog with the ' +
  'parameters response_type=code, client_id, redirect_uri and a state, compare the state that comes back, and hand the code ' +
  'beside it to setCredentials({ refreshToken: code }), within a minute or two.'

/** Credentials are the API key, the API secret, and as `refreshToken` the code of a login. Needs `redirectUri`. */
export const upstox: Preset = {
  options: {
    endpoints: { token: 'https://api.upstox.com/v2/login/authorization/token' },
    grant: 'authorization_code',
    clientAuthentication: 'client_secret_post',
    dailyExpiry: { time: '03:30', timeZone: 'Asia/Kolkata' },
    apiBaseUrl: 'https://api.upstox.com',
    dialect: { readRefusal },
    judge: condemn({
      UDAPI100057: 'grant-revoked',
      UDAPI100016: 'client-rejected',
      UDAPI100068: 'client-rejected',
      UDAPI100069: 'client-rejected',
      UDAPI100073: 'client-rejected',
    }),
    help: {
      'credentials-missing': `Give the API key and the API secret. ${LOG_IN}`,
      'grant-revoked': `A code is good for one use. ${LOG_IN}`,
      'rotation-lost': `The code is spent, and the answer to it was lost. ${LOG_IN}`,
      'login-expired': LOG_IN,
      'client-rejected':
        'Compare the API key, the API secret and the redirect URI with those of the app at account.upstox.com/developer/apps. ' +
        `The code is spent all the same. ${LOG_IN}`,
    },
  },
  facts: {
    accessTokenLifetime: null,
    refreshTokenLifetime: null,
    refreshTokenLifetimeFrom: null,
    rotation: null,
    sources: [
      {
        url: 'https://upstox.com/developer/api-documentation/get-token',
        read: '2026-11-21',
        says:
          'the form of the request; a token ends at 03:30 of the following day, whenever it was made; a code is good for ' +
          'one use, whatever comes of it; no refresh token',
        by: 'provider',
      },
      {
        url: 'https://upstox.com/developer/api-documentation/authorize',
        read: '2026-11-21',
        says: 'the login, and UDAPI100068 for a client_id or a redirect_uri that is not registered',
        by: 'provider',
      },
      {
        url: 'https://upstox.com/developer/api-documentation/error-codes',
        read: '2026-11-21',
        says: 'UDAPI100016 invalid credentials, UDAPI100073 client_id inactive',
        by: 'provider',
      },
      {
        url: 'https://raw.githubusercontent.com/api-evangelist/upstox/refs/heads/main/errors/upstox-error-codes.yml',
        read: '2026-11-21',
        says: 'errors come as a list, with error_code (errorCode is deprecated) and message',
        by: 'community',
      },
      {
        url: 'https://docs.rs/crate/digdigdig3/0.1.12/source/src/stocks/india/upstox/auth.rs',
        read: '2026-11-21',
        says: 'that is 03:30 in India',
        by: 'community',
      },
      {
        url: 'https://upstox.com/developer/api-documentation/get-token#responses',
        read: null,
        says:
          'UDAPI100057 for a code that is spent or too old, UDAPI100069 for the client: its list of errors is not in the ' +
          'copies, but public programs agree on them',
        by: 'provider',
      },
    ],
  },
}

const errorBody = z.object({ errors: z.array(z.object({ error_code: member, errorCode: member, message: member })) })

function readRefusal(json: unknown): Refusal | undefined {
  const [error] = z.safeParse(errorBody, json).data?.errors ?? []
  if (error === undefined) return undefined
  return { code: asCode(error.error_code) ?? asCode(error.errorCode), description: asText(error.message) }
}
