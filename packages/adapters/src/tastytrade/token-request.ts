import { isTokenRequestFailed, type Credentials, type Secret, type TokenResponse } from '@evergrant/core'
import ky from 'ky'
import { discardBody, readBodyText } from '../http/body-text.ts'
import { nothingSent } from '../http/nothing-sent.ts'
import { bare } from './bare-request.ts'
import type { TastytradeSettings } from './options.ts'
import { readTokenAnswer } from './token-answer.ts'
import { transportError } from './transport-error.ts'

/** The request of a session: a refresh (RFC 6749 section 6, docs/protocol.md#token-request). */
export async function requestToken(
  settings: TastytradeSettings,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { clientId, clientSecret, refreshToken } = credentials
  if (clientSecret === undefined) throw nothingSent('the credentials have no client secret')
  if (refreshToken === undefined) throw nothingSent('the credentials have no refresh token')

  const fields: Record<string, string> = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken.reveal(),
    client_secret: clientSecret.reveal(),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(settings.scope === undefined ? {} : { scope: settings.scope }),
  }
  return postToken(settings, fields, [refreshToken, clientSecret], signal)
}

/** One POST to `/oauth/token`; `sent` are the secrets in it. */
export async function postToken(
  settings: TastytradeSettings,
  fields: Readonly<Record<string, string>>,
  sent: readonly Secret[],
  signal: AbortSignal,
): Promise<TokenResponse> {
  const body = settings.body === 'json' ? { json: fields } : { body: new URLSearchParams(fields) }
  try {
    const response = await ky.post(`${settings.baseUrl}/oauth/token`, { ...bare(settings, signal), ...body })
    const text = await readBodyText(response, settings.maxResponseBytes, signal)
    return readTokenAnswer(response, text, sent)
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
