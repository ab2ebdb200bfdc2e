import {
  isTokenRequestFailed,
  secret,
  type AccessToken,
  type DerivedProvider,
  type TokenResponse,
} from '@evergrant/core'
import ky from 'ky'
import { readBodyText } from '../http/body-text.ts'
import { bare } from './bare-request.ts'
import { resolveSettings, type TastytradeOptions, type TastytradeSettings } from './options.ts'
import { readQuoteBody } from './quote-body.ts'
import { readTokenAnswer } from './token-answer.ts'
import { transportError } from './transport-error.ts'

/** The options of `tastytrade()` that hold for a request to the API. */
export type QuoteTokenOptions = Omit<TastytradeOptions, 'body' | 'scopes'>

/**
 * Quote tokens, which the DXLink streamer takes for a day: `deriveSession(session, quoteTokens({ environment }))`. The
 * address of the streamer comes with each token, as its `apiBaseUrl`. Give it the same options as the `tastytrade()` of
 * the session. Throws `invalid-options`.
 */
export function quoteTokens(options: QuoteTokenOptions = {}): DerivedProvider {
  const settings = resolveSettings(options)
  return {
    name: 'quotes',
    requestToken: (parent, { signal }) => buyQuoteToken(settings, parent, signal),
  }
}

/** One GET of `/api-quote-tokens` (docs/protocol.md#quote-tokens). */
async function buyQuoteToken(
  settings: TastytradeSettings,
  parent: AccessToken,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const request = bare(settings, signal, { authorization: parent.authorization })
  try {
    const response = await ky.get(`${settings.apiBaseUrl}/api-quote-tokens`, request)
    const text = await readBodyText(response, settings.maxResponseBytes, signal)
    return readTokenAnswer(response, text, [secret(parent.value)], readQuoteBody)
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}
