import { secret, type TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'
import { asText, member } from '../http/members.ts'

const sessionBody = z.object({
  data: z.object({ 'session-token': z.string(), 'remember-token': member, 'session-expiration': member }),
})

// What an Authorization header can carry.
const SESSION_TOKEN = /^[\x21-\x7e]+$/
// A text without a zone would be read as local time.
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)$/
/** Seconds (docs/protocol.md#password-logins). */
const SESSION_LIFETIME = 24 * 60 * 60

/**
 * A new session (docs/protocol.md#password-logins); undefined without a usable session token. Any other member that
 * makes no sense counts as missing: it must not cost the remember token beside it, which exists nowhere else.
 */
export function readSessionBody(json: unknown): TokenResponse | undefined {
  const { success, data: body } = z.safeParse(sessionBody, json)
  if (!success || !SESSION_TOKEN.test(body.data['session-token'])) return undefined
  const { data } = body
  const rememberToken = asText(data['remember-token'])
  const expiration = asText(data['session-expiration']) ?? ''
  const expiresAt = ISO_INSTANT.test(expiration) ? Date.parse(expiration) : Number.NaN
  return {
    accessToken: secret(data['session-token']),
    // Sent bare: with `Bearer` before it the server does not know it.
    tokenType: '',
    ...(Number.isNaN(expiresAt) ? { expiresIn: SESSION_LIFETIME } : { expiresAt }),
    ...(rememberToken === undefined ? {} : { refreshToken: secret(rememberToken) }),
  }
}
