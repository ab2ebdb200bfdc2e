import { oauthError } from './answers.ts'
import type { LoginGuard } from './login-guard.ts'
import type { LogLine } from './request-log.ts'

/**
 * How the token endpoint says no (docs/protocol.md#token-errors). A secret that does not match comes with a code that
 * does not tell it apart from a dead grant, since no source shows one that would: only the description does.
 */
const REFUSALS = {
  'grant-revoked': { code: 'invalid_grant', description: 'Grant revoked', failedLogin: true },
  'token-reused': { code: 'invalid_grant', description: 'Grant revoked', failedLogin: true },
  'invalid-jwt': { code: 'invalid_grant', description: 'Invalid JWT', failedLogin: true },
  'invalid-code': { code: 'invalid_grant', description: 'Invalid authorization code', failedLogin: true },
  'client-secret-mismatch': { code: 'invalid_grant', description: 'Client secret mismatch', failedLogin: true },
  'client-unknown': { code: 'invalid_client', description: 'Client not found', failedLogin: true },
  'invalid-request': { code: 'invalid_request', description: 'Missing or malformed parameter', failedLogin: false },
  'illegal-authorization-header': {
    code: 'invalid_request',
    description: 'Authorization header not allowed',
    failedLogin: false,
  },
  'unsupported-grant-type': {
    code: 'unsupported_grant_type',
    description: 'Unsupported grant type',
    failedLogin: false,
  },
  'invalid-scope': { code: 'invalid_scope', description: 'Scope not granted', failedLogin: false },
} as const

export type Refusal = keyof typeof REFUSALS

/** Answers, writes it into the log, and counts it if it was a failed login. */
export function refuse(refusal: Refusal, line: LogLine, guard: LoginGuard): Response {
  const { code, description, failedLogin } = REFUSALS[refusal]
  line.note({ outcome: refusal })
  if (failedLogin) guard.noteFailure()
  return oauthError(code, description)
}

/** Which refusal an OAuth code amounts to. */
export function refusalOf(code: string): Refusal {
  if (code === 'invalid_grant' || code === 'access_denied') return 'grant-revoked'
  if (code === 'invalid_client' || code === 'unauthorized_client') return 'client-unknown'
  return 'invalid-request'
}

export function isFailedLogin(refusal: Refusal): boolean {
  return REFUSALS[refusal].failedLogin
}
