import type { LoginDeadline } from '../exchange/outcome.ts'
import type { AccessToken } from '../token.ts'
import type { FailureSummary, StatusReason } from './session-status.ts'

/**
 * What the machine remembers: plain data, and the token as a handle that shows nothing. All times are absolute, in epoch
 * ms on the session's line; `null` where there is none.
 */
export interface LifecycleContext {
  /** The token that is served; `null` once it died or was refused. */
  readonly token: AccessToken | null
  /** Of the present token, or of the last. */
  readonly generation: number
  readonly refreshAt: number | null
  readonly mandatoryAt: number | null
  /** When a person has to log in again, as far as the server says. */
  readonly login: LoginDeadline | null
  readonly retryAt: number | null
  /** When a block ends by itself. */
  readonly until: number | null
  readonly reason: StatusReason | null
  readonly lastFailure: FailureSummary | null
  /** Failed attempts since the last token. */
  readonly attempts: number
  /** The last generation that a server refused; 0 if none. */
  readonly rejected: number
  /** Tokens in a row that were refused before they came of age. */
  readonly rejections: number
  /** Somebody has asked for a token, so that credentials which come later are put to use at once. */
  readonly wanted: boolean
  /** The next exchange was asked for by a person. */
  readonly force: boolean
  /** The next exchange is the one attempt that ends a block. */
  readonly halfOpen: boolean
}

export const initialContext: LifecycleContext = {
  token: null,
  generation: 0,
  refreshAt: null,
  mandatoryAt: null,
  login: null,
  retryAt: null,
  until: null,
  reason: null,
  lastFailure: null,
  attempts: 0,
  rejected: 0,
  rejections: 0,
  wanted: false,
  force: false,
  halfOpen: false,
}
