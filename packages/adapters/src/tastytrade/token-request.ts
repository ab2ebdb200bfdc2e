import { isTokenRequestFailed, type Credentials, type TokenResponse } from '@evergrant/core'
import ky, { type Options } from 'ky'
import { discardBody, readBodyText } from '../http/body-text.ts'
import { userAgentHeader } from '../http/user-agent.ts'
import { incompleteCredentials } from './incomplete-credentials.ts'
import type { TastytradeSettings } from './options.ts'
import { readTokenAnswer } from './token-answer.ts'
import { transportError } from './transport-error.ts'

/** One POST to `/oauth/token` (RFC 6749 section 6, PROTOCOL.md part 1). */
export async function requestToken(
  settings: TastytradeSettings,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { clientId, clientSecret, refreshToken } = credentials
  if (clientSecret === undefined) throw incompleteCredentials('client secret')
  if (refreshToken === undefined) throw incompleteCredentials('refresh token')

  const fields: Record<string, string> = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken.reveal(),
    client_secret: clientSecret.reveal(),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(settings.scope === undefined ? {} : { scope: settings.scope }),
  }
  const body = settings.body === 'json' ? { json: fields } : { body: new URLSearchParams(fields) }
  try {
    const response = await ky.post(`${settings.baseUrl}/oauth/token`, { ...bare(settings, signal), ...body })
    const text = await readBodyText(response, settings.maxResponseBytes, signal)
    return readTokenAnswer(response, text, [refreshToken, clientSecret])
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}

/** A GET without any credential; any HTTP answer at all will do. */
export async function probe(settings: TastytradeSettings, signal: AbortSignal): Promise<void> {
  try {
    discardBody(await ky.get(settings.baseUrl, bare(settings, signal)))
  } catch (error) {
    throw transportError(error, signal)
  }
}

/**
 * One request as it is: nothing repeated, followed, cached or added. In particular no `Authorization`, which makes
 * the server refuse later refreshes (PROTOCOL.md part 1). No time limit either: that is core's, through the signal.
 */
function bare(settings: TastytradeSettings, signal: AbortSignal): Options {
  return {
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
    headers: { accept: 'application/json', ...userAgentHeader(settings.userAgent) },
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'manual',
    referrerPolicy: 'no-referrer',
    retry: 0,
    signal,
    throwHttpErrors: false,
    timeout: false,
  }
}
