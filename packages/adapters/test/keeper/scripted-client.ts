import { isTokenRequestFailed, secret, type TokenRequestFailure } from '@evergrant/core'
import { keeperProvider, type KeeperClientOptions } from '../../src/keeper.ts'
import { failureOf } from '../support/failure-of.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

export const URL = 'https://keeper.test/sub'
export const KEY = 'egk_test00000000_invented-and-secret-to-the-end'
export const TOKEN = {
  account: 'anna',
  access_token: 'invented-token',
  token_type: 'Bearer',
  expires_in: 600,
  generation: 4,
  scope: null,
  api_base_url: 'https://api.test',
}

export const problem = (
  code: string,
  status: number,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
) =>
  json({ type: `urn:evergrant:problem:${code}`, code, status, detail: 'As invented', ...more }, status, {
    'content-type': 'application/problem+json',
    ...headers,
  })

export type Reply = Parameters<typeof scriptedFetch>[0]

export function clientOf(reply: Reply, options: Partial<KeeperClientOptions> = {}) {
  const { fetch, sent } = scriptedFetch(reply)
  const where = options.urls === undefined ? { url: URL } : {}
  const provider = keeperProvider({ ...where, apiKey: KEY, fetch, ...options })
  const { signal } = new AbortController()
  const ask = (refused?: string) =>
    provider.requestToken({ clientSecret: secret(KEY) }, { signal, ...(refused === undefined ? {} : { refused }) })
  return { provider, sent, ask }
}

export async function failedWith(
  reply: Reply,
  options: Partial<KeeperClientOptions> = {},
): Promise<TokenRequestFailure> {
  const error = await failureOf(clientOf(reply, options).ask())
  if (isTokenRequestFailed(error)) return error.details.failure
  throw new Error('It did not fail as a token request does')
}
