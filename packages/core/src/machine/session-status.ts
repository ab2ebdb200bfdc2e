import type { StateValue } from 'xstate'
import type { ErrorCode } from '../errors.ts'
import type { DeferReason } from '../exchange/outcome.ts'
import type { BlockReason, RevokedReason } from '../verdict.ts'

/** The seven states, as README shows them under "The states". */
export type SessionState = 'unauthenticated' | 'refreshing' | 'valid' | 'expiring' | 'backoff' | 'blocked' | 'revoked'

/** Each of them once. */
export const sessionStates: readonly SessionState[] = [
  'unauthenticated',
  'refreshing',
  'valid',
  'expiring',
  'backoff',
  'blocked',
  'revoked',
]

/** Why a session is where it is; `null` where the state says it all. */
export type StatusReason =
  | BlockReason
  | RevokedReason
  | DeferReason
  | 'credentials-missing'
  | 'signed-out'
  | 'no-progress'

/** A failure as plain, frozen data. */
export interface FailureSummary {
  readonly code: ErrorCode
  readonly message: string
  readonly help: string
  /** Epoch ms. */
  readonly at: number
  /** HTTP status of the answer, if there was one. */
  readonly status?: number
  /** The server's own code, e.g. `invalid_grant`. */
  readonly oauthCode?: string
}

/** Everything that can be seen of a session from outside. Immutable; the same object until something changes. */
export interface SessionStatus {
  readonly state: SessionState
  /** Whether `peekToken()` would give a token. */
  readonly usable: boolean
  /** Of the present token, or of the last one; 0 before the first. */
  readonly generation: number
  /** Times in epoch ms by this machine's clock; `null` where there is none. */
  readonly issuedAt: number | null
  readonly expiresAt: number | null
  /** When the next refresh is due. */
  readonly refreshAt: number | null
  /** When a person has to log in again, as far as the server says; `reauthentication-due` is told ahead of it. */
  readonly loginExpiresAt: number | null
  /** When the next attempt is due, in `backoff`, `blocked` and a waiting `expiring`. */
  readonly retryAt: number | null
  readonly reason: StatusReason | null
  /** The last failure since the last token. */
  readonly lastFailure: FailureSummary | null
  /** Failed attempts since the last token. */
  readonly attempts: number
}

/** What is shown of a session that is not there, or that nobody has asked for a token yet. */
export const blankStatus: SessionStatus = /* @__PURE__ */ Object.freeze<SessionStatus>({
  state: 'unauthenticated',
  usable: false,
  generation: 0,
  issuedAt: null,
  expiresAt: null,
  refreshAt: null,
  loginExpiresAt: null,
  retryAt: null,
  reason: null,
  lastFailure: null,
  attempts: 0,
})

/** The top-level state; the sub-states of `expiring` and `blocked` are nobody's business outside. */
export function stateOf({ value }: { readonly value: StateValue }): SessionState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as SessionState
}
