import { secret, type TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'

const seconds = z.union([
  z.number().check(z.gte(0)),
  z.pipe(z.string().check(z.regex(/^\d+(?:\.\d+)?$/)), z.transform(Number)),
])
const text = z.catch(z.optional(z.string().check(z.minLength(1))), undefined)

const grantBody = z.object({
  // RFC 6749 appendix A.12, less the space: what an Authorization header can carry.
  access_token: z.string().check(z.regex(/^[\x21-\x7e]+$/)),
  expires_in: z.catch(z.optional(seconds), undefined),
  refresh_token: text,
  scope: text,
})

/**
 * A successful body (RFC 6749 section 5.1, PROTOCOL.md part 1); undefined without a usable access token. Any other
 * member that makes no sense counts as missing. `token_type` is not read: this server's tokens are all `Bearer`.
 */
export function readGrantBody(json: unknown): TokenResponse | undefined {
  const { success, data } = z.safeParse(grantBody, json)
  if (!success) return undefined
  return {
    accessToken: secret(data.access_token),
    ...(data.expires_in === undefined ? {} : { expiresIn: data.expires_in }),
    ...(data.refresh_token === undefined ? {} : { refreshToken: secret(data.refresh_token) }),
    ...(data.scope === undefined ? {} : { scope: data.scope }),
  }
}
