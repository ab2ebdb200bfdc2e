import { isTokenRequestFailed, sealCredentials, type TokenRequestFailure, type TokenResponse } from '@evergrant/core'
import { tastytrade, type TastytradeOptions } from '../../src/tastytrade.ts'
import { scriptedFetch } from './scripted-fetch.ts'

const CREDENTIALS = sealCredentials({ clientSecret: 'made-up+secret/1', refreshToken: 'made.up.refresh' })
const { signal } = new AbortController()

/** What the provider makes of an answer of the token endpoint. */
export function ask(response: Response, options: TastytradeOptions = {}): Promise<TokenResponse> {
  return tastytrade({ ...options, fetch: scriptedFetch(() => response).fetch }).requestToken(CREDENTIALS, { signal })
}

/** The same of an answer that is no grant. */
export async function failureOf(response: Response, options?: TastytradeOptions): Promise<TokenRequestFailure> {
  const error: unknown = await ask(response, options).catch((thrown: unknown) => thrown)
  if (!isTokenRequestFailed(error)) throw new Error(`No token-request-failed: ${String(error)}`)
  return error.details.failure
}
