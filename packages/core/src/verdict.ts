import type { TokenRequestFailure } from './failure.ts'

/** Why no credential of this account may be spent any more. */
export type RevokedReason = 'grant-revoked' | 'client-rejected' | 'rotation-lost' | 'login-expired'

/** Why nothing may be sent to this issuer for now. */
export type BlockReason = 'ip-block-suspected' | 'edge-refused' | 'login-budget-spent'

/**
 * What a failure means.
 * - `revoked`: the server has condemned the credential; counts as a failed login
 * - `suspicious`: a refusal that has been seen for healthy grants; tried again a few times, never a death
 * - `edge`: refused before the server saw it; repeated, it is a block
 * - `unanswered`: silence; repeated, it is taken for an address block
 * - `misconfigured`: the same request will fail the same way; wait long and say so
 * - `transient`: try again later, after `retryAfter` ms if the server said so
 */
export type Verdict =
  | {
      readonly kind: 'revoked'
      readonly reason: Exclude<RevokedReason, 'rotation-lost' | 'login-expired'>
      /** What a person should do, where this failure tells more than the provider's `help` for the reason. */
      readonly help?: string
    }
  | { readonly kind: 'suspicious' | 'edge' | 'unanswered' | 'misconfigured' }
  | { readonly kind: 'transient'; readonly retryAfter?: number }

const CLIENT_CODES: ReadonlySet<string> = new Set(['invalid_client', 'unauthorized_client'])
const GRANT_CODES: ReadonlySet<string> = new Set(['invalid_grant', 'access_denied'])
// Seen with HTTP 400 and no code that tells it apart (docs/protocol.md#token-errors).
const CLIENT_SECRET_MISMATCH = /client secret mismatch/i

/**
 * The verdict on a failed token request. The status comes before the code only for 408, 429 and 5xx: a server in
 * distress that repeats an OAuth code has not judged anything (P9). A code that is not known condemns nobody.
 */
export function judge(failure: TokenRequestFailure): Verdict {
  const { kind, status = 0, retryAfter } = failure
  const inDistress = kind === 'rate-limited' || kind === 'server' || status === 408 || status === 429 || status >= 500
  if (inDistress) return retryAfter === undefined ? { kind: 'transient' } : { kind: 'transient', retryAfter }
  switch (kind) {
    case 'timeout':
      return { kind: 'unanswered' }
    case 'edge':
      return { kind: 'edge' }
    case 'redirect':
      return { kind: 'misconfigured' }
    case 'rejected':
      return judgeRejection(failure)
    case 'network':
    case 'malformed':
    case 'unknown':
      return { kind: 'transient' }
  }
}

function judgeRejection({ oauthCode = '', description = '' }: TokenRequestFailure): Verdict {
  if (CLIENT_CODES.has(oauthCode) || CLIENT_SECRET_MISMATCH.test(description)) {
    return { kind: 'revoked', reason: 'client-rejected' }
  }
  if (GRANT_CODES.has(oauthCode)) return { kind: 'revoked', reason: 'grant-revoked' }
  if (oauthCode === 'invalid_request') return { kind: 'suspicious' }
  if (oauthCode === 'unsupported_grant_type' || oauthCode === 'invalid_scope') return { kind: 'misconfigured' }
  return { kind: 'transient' }
}
