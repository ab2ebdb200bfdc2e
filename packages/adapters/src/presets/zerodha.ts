import { secret, type Credentials, type TokenRequestFailure, type TokenResponse, type Verdict } from '@evergrant/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import * as z from 'zod/mini'
import { asText, member } from '../http/members.ts'
import { nothingSent } from '../http/nothing-sent.ts'
import type { Refusal, TokenForm } from '../oauth2/dialect.ts'
import { readGrantBody } from '../oauth2/grant-body.ts'
import type { Preset } from './preset.ts'

const LOG_IN =
  'Kite wants a login each day, after 06:00 in India. Open https://kite.zerodha.com/connect/login with the parameters v=3 and ' +
  'api_key, and hand the request_token in the address where the browser arrives to ' +
  'setCredentials({ refreshToken: requestToken }), within minutes.'

/**
 * Kite Connect. Credentials are the API key, the API secret, and as `refreshToken` the request token of a login. The value
 * of a token is `api_key:access_token`, as the API wants it after the word `token`. Each call of the API takes the header
 * `X-Kite-Version: 3`, and a token that is dead is told with HTTP 403.
 */
export const zerodha: Preset = {
  options: {
    endpoints: { token: 'https://api.kite.trade/session/token' },
    grant: 'authorization_code',
    tokenType: 'token',
    dailyExpiry: { time: '06:00', timeZone: 'Asia/Kolkata' },
    apiBaseUrl: 'https://api.kite.trade',
    dialect: { tokenForm, readGrant, readRefusal },
    judge: judgeKite,
    help: {
      'credentials-missing': `Give the API key and the API secret. ${LOG_IN}`,
      'grant-revoked': `A request token is good for one use, and for minutes. ${LOG_IN}`,
      'rotation-lost': `The request token is spent, and the answer to it was lost. ${LOG_IN}`,
      'login-expired': LOG_IN,
      'client-rejected': `Compare the API key and the API secret with those of the app at developers.kite.trade. ${LOG_IN}`,
    },
  },
  facts: {
    accessTokenLifetime: null,
    refreshTokenLifetime: null,
    refreshTokenLifetimeFrom: null,
    rotation: null,
    sources: [
      {
        url: 'https://kite.trade/docs/connect/v3/user/',
        read: '2026-11-21',
        says:
          'the login, the form of the request with its checksum, the answer, and 06:00 of the next day; a refresh token is ' +
          'for approved platforms only',
        by: 'provider',
      },
      {
        url: 'https://kite.trade/docs/connect/v3/response-structure/',
        read: '2026-11-21',
        says: 'times are those of India (UTC+05:30)',
        by: 'provider',
      },
      {
        url: 'https://kite.trade/docs/connect/v3/exceptions/',
        read: '2026-11-21',
        says: 'TokenException with 403: a session that is over, log in again; InputException: a field is missing or wrong',
        by: 'provider',
      },
      {
        url: 'https://github.com/zerodha/pykiteconnect/blob/master/kiteconnect/connect.py',
        read: '2026-11-21',
        says: 'the checksum in lower-case hexadecimal digits, and Authorization: token api_key:access_token',
        by: 'provider',
      },
      {
        url: 'https://kite.trade/forum/discussion/3016/invalid-checksum-for-kite-api-php-v3',
        read: '2026-11-21',
        says: 'a wrong secret is a TokenException (403) "Invalid `checksum`."',
        by: 'community',
      },
      {
        url: 'https://kite.trade/forum/discussion/comment/40134/',
        read: '2026-11-21',
        says: 'a request token that was used, or is minutes old, is a TokenException (403) "Token is invalid or has expired."',
        by: 'provider',
      },
    ],
  },
}

const grantBody = z.object({ data: member })
const errorBody = z.object({ error_type: member, message: member })

function tokenForm({ clientId, clientSecret, refreshToken }: Credentials): TokenForm {
  if (clientId === undefined) throw nothingSent('the credentials have no API key (clientId)')
  if (clientSecret === undefined) throw nothingSent('the credentials have no API secret (clientSecret)')
  if (refreshToken === undefined) throw nothingSent('the credentials have no request token (refreshToken)')
  const requestToken = refreshToken.reveal()
  const checksum = bytesToHex(sha256(utf8ToBytes(`${clientId}${requestToken}${clientSecret.reveal()}`)))
  return {
    fields: { api_key: clientId, request_token: requestToken, checksum },
    headers: { 'x-kite-version': '3' },
  }
}

function readGrant(json: unknown, { clientId = '' }: Pick<Credentials, 'clientId'>): TokenResponse | undefined {
  const response = readGrantBody(z.safeParse(grantBody, json).data?.data)
  if (response === undefined) return undefined
  return { ...response, accessToken: secret(`${clientId}:${secret(response.accessToken).reveal()}`) }
}

function readRefusal(json: unknown): Refusal | undefined {
  const { success, data } = z.safeParse(errorBody, json)
  if (!success || asText(data.error_type) === undefined) return undefined
  return { code: asText(data.error_type), description: asText(data.message) }
}

/** One name stands for the secret, the key and the request token: the words beside it say which. */
function judgeKite({ kind, oauthCode, description = '' }: TokenRequestFailure): Verdict | undefined {
  if (kind !== 'rejected') return undefined
  const ofClient = /\b(?:api_key|checksum)\b/i.test(description)
  if (ofClient && (oauthCode === 'TokenException' || oauthCode === 'InputException')) {
    return { kind: 'revoked', reason: 'client-rejected' }
  }
  return oauthCode === 'TokenException' ? { kind: 'revoked', reason: 'grant-revoked' } : undefined
}
