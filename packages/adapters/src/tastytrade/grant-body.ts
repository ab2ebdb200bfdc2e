import { secret, type TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'
import { asSeconds, asText, member } from '../http/members.ts'

const grantBody = z.object({ access_token: z.string(), expires_in: member, refresh_token: member, scope: member })

// RFC 6749 appendix A.12, less the space: what an Authorization header can carry.
const ACCESS_TOKEN = /^[\x21-\x7e]+$/

/**
 * A successful body (RFC 6749 section 5.1, docs/protocol.md#token-answer); undefined without a usable access token.
 * `token_type` is not read: this server's tokens are all `Bearer`.
 */
export function readGrantBody(json: unknown): TokenResponse | undefined {
  const { success, data } = z.safeParse(grantBody, json)
  if (!success || !ACCESS_TOKEN.test(data.access_token)) return undefined
  const expiresIn = asSeconds(data.expires_in)
  const refreshToken = asText(data.refresh_token)
  const scope = asText(data.scope)
  return {
    accessToken: secret(data.access_token),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(refreshToken === undefined ? {} : { refreshToken: secret(refreshToken) }),
    ...(scope === undefined ? {} : { scope }),
  }
}
