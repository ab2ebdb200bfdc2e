import { secret, type TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'
import { asSeconds, asText, member } from '../http/members.ts'

const grantBody = z.object({
  access_token: z.string(),
  token_type: member,
  expires_in: member,
  refresh_token: member,
  // Of Google, Microsoft, GitHub and others (draft-ietf-oauth-refresh-token-expiration).
  refresh_token_expires_in: member,
  scope: member,
})

// RFC 6749 appendix A.12, less the space: what an Authorization header can carry.
const ACCESS_TOKEN = /^[\x21-\x7e]+$/
// RFC 9110 section 11.1.
const SCHEME = /^[\w!#$%&'*+.^`|~-]+$/
/** As their RFCs write them, since some APIs do not take them otherwise. */
const SCHEMES: Readonly<Record<string, string>> = { bearer: 'Bearer', dpop: 'DPoP' }

/**
 * A successful body (RFC 6749 section 5.1); undefined without a usable access token. Any other member that makes no
 * sense counts as missing: it must not cost the rotated refresh token beside it, which exists nowhere else. So the
 * checks of oauth4webapi, of the ID token too, are not asked; a session has no use for one.
 */
export function readGrantBody(json: unknown): TokenResponse | undefined {
  const { success, data } = z.safeParse(grantBody, json)
  if (!success || !ACCESS_TOKEN.test(data.access_token)) return undefined
  const tokenType = asScheme(data.token_type)
  const expiresIn = asSeconds(data.expires_in)
  const refreshToken = asText(data.refresh_token)
  const refreshTokenExpiresIn = asSeconds(data.refresh_token_expires_in)
  const scope = asText(data.scope)
  return {
    accessToken: secret(data.access_token),
    ...(tokenType === undefined ? {} : { tokenType }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(refreshToken === undefined ? {} : { refreshToken: secret(refreshToken) }),
    ...(refreshTokenExpiresIn === undefined ? {} : { refreshTokenExpiresIn }),
    ...(scope === undefined ? {} : { scope }),
  }
}

function asScheme(type: unknown): string | undefined {
  const text = asText(type)
  if (text === undefined || !SCHEME.test(text)) return undefined
  return SCHEMES[text.toLowerCase()] ?? text
}
