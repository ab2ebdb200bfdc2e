import { textOf } from './members.ts'

/**
 * What a refresh token says of itself, as far as it is known (docs/protocol.md#inside-a-token). For a look, never for a
 * decision of a session.
 */
export interface TokenShape {
  /** `rt+jwt` for a refresh token, `at+jwt` for an access token. */
  readonly type: string | null
  readonly issuer: string | null
  /** The client id. */
  readonly audience: string | null
  readonly scope: string | null
  /** Epoch ms. */
  readonly issuedAt: number | null
}

/** `null` for what is no JWT. */
export function tokenShape(token: string): TokenShape | null {
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  if (signature === '' || more.length > 0) return null
  const head = parse(header)
  const claims = parse(payload)
  if (head === null || claims === null) return null
  const { iat } = claims
  return {
    type: textOf(head['typ']),
    issuer: textOf(claims['iss']),
    audience: textOf(claims['aud']),
    scope: textOf(claims['scope']),
    issuedAt: typeof iat === 'number' ? iat * 1000 : null,
  }
}

// Node's decoder skips what is no base64url, such as the quotation marks around a token.
const PART = /^[\w-]+=*$/

function parse(part: string): Readonly<Record<string, unknown>> | null {
  if (!PART.test(part)) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
