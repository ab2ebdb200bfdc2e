import type { PresetName } from '../../src/presets.ts'
import { json } from '../support/scripted-fetch.ts'
import type { Documented } from './fake.ts'

const HOUR = 3_600
const DAY = 24 * HOUR
const error = (code: string, description: string, status = 400) =>
  json({ error: code, error_description: description }, status)

/** Those whose logins last for more than one token. */
export type RefreshingName = Exclude<PresetName, 'upstox' | 'zerodha'>

/** Written down from the documentation, and not from the presets, which it is to check. */
export const DOCUMENTED: Readonly<Record<RefreshingName, Documented>> = {
  github: {
    token: 'https://github.com/login/oauth/access_token',
    authentication: 'body',
    lifetime: 8 * HOUR,
    rotation: 'old one dies',
    oneAtATime: true,
    refreshLifetime: 184 * DAY,
    tellsRefreshLifetime: true,
    from: 'issue',
    dead: () => error('bad_refresh_token', 'The refresh token passed is incorrect or expired.', 200),
    wrongClient: () => error('incorrect_client_credentials', 'The client_id and/or client_secret are incorrect.', 200),
  },
  google: {
    token: 'https://oauth2.googleapis.com/token',
    authentication: 'body',
    lifetime: HOUR,
    rotation: 'none',
    refreshLifetime: 180 * DAY,
    from: 'use',
    dead: () => error('invalid_grant', 'Token has been expired or revoked.'),
    wrongClient: () => error('invalid_client', 'Unauthorized', 401),
  },
  microsoft: {
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    authentication: 'body',
    lifetime: HOUR,
    rotation: 'old one lives on',
    refreshLifetime: 90 * DAY,
    from: 'issue',
    dead: () => error('interaction_required', 'AADSTS50076: you must use multi-factor authentication.'),
    wrongClient: () => error('invalid_client', 'AADSTS7000215: Invalid client secret provided.', 401),
  },
  questrade: {
    token: 'https://login.questrade.com/oauth2/token',
    authentication: 'none',
    lifetime: 1_800,
    rotation: 'old one dies',
    refreshLifetime: 3 * DAY,
    from: 'issue',
    extra: (count) => ({ api_server: `https://api0${count % 8}.iq.questrade.com/` }),
    dead: () => new Response('Bad Request', { status: 400 }),
    wrongClient: () => new Response('Bad Request', { status: 400 }),
  },
  schwab: {
    token: 'https://api.schwabapi.com/v1/oauth/token',
    authentication: 'basic',
    lifetime: 1_800,
    rotation: 'none',
    refreshLifetime: 7 * DAY,
    from: 'login',
    dead: () =>
      error(
        'unsupported_token_type',
        '400 Bad Request: "{"error_description":"Bad refresh token","error":"refresh_token_authentication_error"}"',
      ),
    wrongClient: () => error('invalid_client', 'Unauthorized', 401),
  },
  spotify: {
    token: 'https://accounts.spotify.com/api/token',
    authentication: 'basic',
    lifetime: HOUR,
    rotation: 'none',
    refreshLifetime: 180 * DAY,
    from: 'login',
    dead: () => error('invalid_grant', 'Refresh token expired'),
    wrongClient: () => error('invalid_client', 'Invalid client secret'),
  },
  tradestation: {
    token: 'https://signin.tradestation.com/oauth/token',
    authentication: 'body',
    lifetime: 1_200,
    rotation: 'none',
    refreshLifetime: null,
    from: null,
    dead: () => error('invalid_grant', 'Unknown or invalid refresh token.', 403),
    wrongClient: () => error('access_denied', 'Unauthorized', 401),
  },
}
