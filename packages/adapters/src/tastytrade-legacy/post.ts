import { isTokenRequestFailed, secret, type Secret, type TokenRequestFailure } from '@evergrant/core'
import ky from 'ky'
import { jsonOf, readBodyText } from '../http/body-text.ts'
import { readFailure } from '../http/failed-answer.ts'
import { serverDate } from '../http/server-time.ts'
import { bare } from '../tastytrade/bare-request.ts'
import { transportError } from '../tastytrade/transport-error.ts'
import type { TastytradeLegacySettings } from './options.ts'

/** docs/protocol.md#password-logins */
export const CHALLENGE = 'x-tastyworks-challenge-token'

interface Posting<T> {
  readonly path: '/sessions' | '/device-challenge'
  readonly fields: Readonly<Record<string, string | boolean>>
  readonly headers: Readonly<Record<string, string>>
  /** What goes out with it, so that none of it is repeated in an error. */
  readonly sent: readonly Secret[]
  /** Undefined for a body that is not what was asked for. */
  readonly read: (json: unknown) => T | undefined
}

type Posted<T> =
  | { readonly type: 'done'; readonly value: T; readonly date: number | undefined }
  | { readonly type: 'refused'; readonly failure: TokenRequestFailure; readonly headers: Headers }

/**
 * One request as it is: nothing repeated, followed, cached or added. It has no time limit: that is core's, through the
 * signal. Rejects with `token-request-failed` where there was no answer, or with the signal's reason.
 */
export async function post<T>(
  settings: TastytradeLegacySettings,
  { path, fields, headers, sent, read }: Posting<T>,
  signal: AbortSignal,
): Promise<Posted<T>> {
  try {
    const response = await ky.post(`${settings.baseUrl}${path}`, {
      ...bare(settings, signal, headers),
      json: fields,
    })
    const body = await readBodyText(response, settings.maxResponseBytes, signal)
    const json = jsonOf(body)
    const value = response.ok ? read(json) : undefined
    if (value !== undefined) return { type: 'done', value, date: serverDate(response.headers) }
    const challenge = secret(response.headers.get(CHALLENGE) ?? '')
    const failure = readFailure({ response, body, json }, 'the answer has no usable session token', [
      ...sent,
      challenge,
    ])
    return { type: 'refused', failure, headers: response.headers }
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}
