import { redact, secret, type FailureKind, type Secret, type TokenRequestFailure } from '@evergrant/core'
import * as z from 'zod/mini'
import { retryAfter, serverDate } from '../../src/http/server-time.ts'

// RFC 6749 section 5.2. A description that is no text counts as missing, and spoils nothing else.
const errorBody = z.object({ error: z.string(), error_description: z.optional(z.unknown()) })

/**
 * What a refused request tells; `null` for an answer that refuses nothing. `sent` is blotted out of what it repeats.
 *
 * It is read here and not by oauth4webapi: a wrong client secret is answered with 401 and a challenge (RFC 6749 section
 * 5.2), and that library then tells of the challenge alone and leaves the code in the body unread.
 */
export function tokenFailure(response: Response, text: string, sent: readonly Secret[]): TokenRequestFailure | null {
  const told = z.safeParse(errorBody, parseJson(text)).data
  if (response.ok && told === undefined) return null
  const kind = kindOf(response, told !== undefined)
  const description = typeof told?.error_description === 'string' ? told.error_description : undefined
  const date = serverDate(response.headers)
  const wait = kind === 'rate-limited' || kind === 'server' ? retryAfter(response.headers) : undefined
  const blot = redactor(sent)
  return {
    kind,
    ...(response.status === 0 ? {} : { status: response.status }),
    ...(told === undefined ? {} : { oauthCode: blot(told.error) }),
    ...(description === undefined ? {} : { description: blot(description) }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(date === undefined ? {} : { date }),
  }
}

/** By status where the server speaks of itself; then by the code; then by who may have answered in its place. */
function kindOf({ status, type }: Response, told: boolean): FailureKind {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) return 'redirect'
  if (status === 429) return 'rate-limited'
  if (status === 408 || status >= 500) return 'server'
  if (told) return 'rejected'
  return status === 401 || status === 403 ? 'edge' : 'unknown'
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Also finds the secrets in the form that a form body gives them. */
function redactor(sent: readonly Secret[]): (text: string) => string {
  const forms = sent.flatMap((known) => [known, secret(encodeURIComponent(known.reveal()))])
  return (text) => redact(text, forms)
}
