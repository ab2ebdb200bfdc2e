import { secret } from '@evergrant/core'
import * as z from 'zod/mini'
import { isSecure } from '../http/secure-url.ts'
import type { KeeperToken } from './ask-keeper.ts'

// RFC 6750 section 2.1, and what else a header can carry.
const ACCESS_TOKEN = /^[\x21-\x7e]+$/
const SCHEME = /^[\w!#$%&'*+.^`|~-]*$/

const tokenBody = z.object({
  access_token: z.string().check(z.regex(ACCESS_TOKEN)),
  token_type: z.string().check(z.regex(SCHEME)),
  expires_in: z.number().check(z.nonnegative()),
  generation: z.int(),
  scope: z.optional(z.nullable(z.string())),
  api_base_url: z.optional(z.nullable(z.string())),
})

/** Undefined for what is no answer of a keeper, or names an API that a token must not go to. */
export function readTokenBody(text: string): KeeperToken | undefined {
  const { success, data } = z.safeParse(tokenBody, parseJson(text))
  if (!success) return undefined
  const { scope, api_base_url: apiBaseUrl } = data
  if (apiBaseUrl != null && !isSecureAddress(apiBaseUrl)) return undefined
  const response = {
    accessToken: secret(data.access_token),
    tokenType: data.token_type,
    expiresIn: data.expires_in,
    ...(scope == null ? {} : { scope }),
    ...(apiBaseUrl == null ? {} : { apiBaseUrl }),
  }
  return { response, generation: data.generation }
}

function isSecureAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && isSecure(url)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
