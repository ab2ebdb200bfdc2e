import type { TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'
import { asText, member } from '../http/members.ts'
import { nothingSent } from '../http/nothing-sent.ts'
import { isSecure } from '../http/secure-url.ts'
import type { Refusal, TokenForm } from '../oauth2/dialect.ts'
import { readGrantBody } from '../oauth2/grant-body.ts'
import { condemn } from './condemn.ts'
import type { Preset } from './preset.ts'

const NEW_TOKEN =
  'Generate a new token in the API Centre of Questrade (My apps) and hand it to setCredentials({ refreshToken }). Each is ' +
  'good for one use and a few days, so one program alone may use it.'
/** Three days in seconds, the shorter of what is said of it; to expect too little costs nothing but a word too early. */
const REFRESH_TOKEN_LIFETIME = 259_200
/** All that comes, with HTTP 400, where a refresh token is spent, expired or wrong. */
const BAD_REQUEST = 'Bad Request'

/**
 * A refresh token is made by hand, and no client goes with it. Where the API lives changes with each token: see
 * `AccessToken.apiBaseUrl`. For a practice account give `endpoints` at practicelogin.questrade.com.
 */
export const questrade: Preset = {
  options: {
    endpoints: { token: 'https://login.questrade.com/oauth2/token' },
    dialect: { tokenForm, readGrant, readRefusal },
    judge: condemn({ [BAD_REQUEST]: 'grant-revoked' }),
    help: {
      'credentials-missing': NEW_TOKEN,
      'grant-revoked': NEW_TOKEN,
      'rotation-lost': NEW_TOKEN,
      'login-expired': NEW_TOKEN,
    },
  },
  facts: {
    accessTokenLifetime: 1_800,
    refreshTokenLifetime: REFRESH_TOKEN_LIFETIME,
    refreshTokenLifetimeFrom: 'issue',
    rotation: 'old one dies',
    sources: [
      {
        url: 'https://www.questrade.com/api/documentation/security',
        read: '2026-11-21',
        says:
          'a POST with grant_type and refresh_token in the body and nothing else; 1800 seconds, a new refresh token, and ' +
          'api_server, the address to call',
        by: 'provider',
      },
      {
        url: 'https://github.com/awilner/QuestradeApiWrapper',
        read: '2026-11-21',
        says: 'a refresh token is good for one use, and for seven days',
        by: 'community',
      },
      {
        url: 'https://github.com/leanderlee/questrade/issues/21',
        read: '2026-11-21',
        says: 'one that was not used in time is answered with the words Bad Request; no other help than a new one',
        by: 'community',
      },
      {
        url: 'https://github.com/jborchma/qtrade/issues/66',
        read: '2026-11-21',
        says: 'one that was used before is refused with HTTP 400',
        by: 'community',
      },
      {
        url: 'https://www.questrade.com/api/documentation/getting-started',
        read: null,
        says: 'three days, as others quote of it; not found in a copy',
        by: 'provider',
      },
    ],
  },
}

const server = z.object({ api_server: member })

/** In the body, as documented: most clients of others put it into the URL, where logs keep it. */
function tokenForm({ refreshToken }: { readonly refreshToken?: { reveal(): string } }): TokenForm {
  if (refreshToken === undefined) throw nothingSent('the credentials have no refresh token')
  return { fields: { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() } }
}

function readGrant(json: unknown): TokenResponse | undefined {
  const response = readGrantBody(json)
  if (response === undefined) return undefined
  const apiBaseUrl = asBaseUrl(z.safeParse(server, json).data?.api_server)
  return {
    refreshTokenExpiresIn: REFRESH_TOKEN_LIFETIME,
    ...response,
    ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
  }
}

/** Where a token may be sent, without the slash at its end. */
function asBaseUrl(value: unknown): string | undefined {
  const url = URL.parse(asText(value) ?? '')
  if (url === null || !isSecure(url) || url.username !== '' || url.password !== '') return undefined
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function readRefusal(_json: unknown, text: string): Refusal | undefined {
  return text.trim() === BAD_REQUEST ? { code: BAD_REQUEST, description: undefined } : undefined
}
