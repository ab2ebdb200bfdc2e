import type { BlockReason, RevokedReason } from '@evergrant/core'

/** What the model knows beside its state: small, so that the ways through it can be counted. */
export interface LifecycleSituation {
  /** Why the session is where it is, in `unauthenticated`, `blocked` and `revoked`; else `null`. */
  readonly reason: BlockReason | RevokedReason | 'signed-out' | 'credentials-missing' | null
  /** Whether there is a token that lives and was not refused. */
  readonly token: boolean
  /** The token lives for seconds only. */
  readonly closing: boolean
  /** A token was granted less than the floor ago. */
  readonly early: boolean
  /** The lifetime of a token for these credentials is known. */
  readonly measured: boolean
  /** The last token was refused before it came of age. */
  readonly refusedYoung: boolean
  /** Whether the account has credentials. */
  readonly credentials: boolean
  /** Why the server has condemned them. */
  readonly dead: RevokedReason | null
  /** Nobody knows what became of a request that was sent with them. */
  readonly doubt: boolean
  /** Whether this server was seen to rotate refresh tokens. */
  readonly rotation: 'unseen' | 'none' | 'seen'
  /** Failed logins within the window, up to the budget. */
  readonly failedLogins: number
  /** What the last request met that is a block if it comes again. */
  readonly strike: 'silence' | 'refusal' | null
  /** The block that the store remembers: no probe is due, one is, or its time is over and one attempt is owed. */
  readonly block: 'resting' | 'due' | 'lapsed' | null
  readonly blockReason: Exclude<BlockReason, 'login-budget-spent'> | null
  /** Probes of that block, up to those planned for certain times. */
  readonly probes: number
  /** The store has been looked at, and is watched since. */
  readonly watching: boolean
  /** Somebody wants a token, so that credentials which come later are put to use at once. */
  readonly wanted: boolean
  /** The store holds a token that this session has not looked for. */
  readonly stored: boolean
  /** The request about to be made was insisted on. */
  readonly insisted: boolean
}

export const firstSituation: LifecycleSituation = {
  reason: null,
  token: false,
  closing: false,
  early: false,
  measured: false,
  refusedYoung: false,
  credentials: true,
  dead: null,
  doubt: false,
  rotation: 'unseen',
  failedLogins: 0,
  strike: null,
  block: null,
  blockReason: null,
  probes: 0,
  watching: false,
  wanted: false,
  stored: false,
  insisted: false,
}
