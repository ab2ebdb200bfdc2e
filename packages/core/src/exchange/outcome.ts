import type { EvergrantError } from '../errors.ts'
import type { AccessToken } from '../token.ts'
import type { BlockReason, RevokedReason } from '../verdict.ts'

/** A token, and when it is to be renewed. Times in epoch ms on the session's line. */
export interface TokenGrant {
  readonly token: AccessToken
  readonly refreshAt: number
  readonly mandatoryAt: number
  /** Missing or `null` where none is known. */
  readonly login?: LoginDeadline | null
}

/** When a person has to log in again, and when to say so. Epoch ms on the session's line. */
export interface LoginDeadline {
  readonly expiresAt: number
  readonly remindAt: number
}

/** Why a request was put off though nothing failed. */
export type DeferReason = 'floor' | 'cooldown' | 'crowded' | 'credentials-changed'

/**
 * What came of asking the store, and where needed the server. These are all the ends of an exchange, but for a fault of
 * ours and a cancellation: with those it rejects.
 * - `granted`: a new token from the server; with `note`, one that brings nothing new
 * - `adopted`: a newer token that somebody else had fetched
 * - `due`: a request would be needed (only from a look at the store, which sends none)
 */
export type Outcome =
  | ({ readonly type: 'granted'; readonly note: EvergrantError<'no-progress'> | null } & TokenGrant)
  | ({ readonly type: 'adopted' } & TokenGrant)
  | { readonly type: 'rejected'; readonly reason: RevokedReason; readonly error: EvergrantError }
  | { readonly type: 'transient'; readonly error: EvergrantError; readonly retryAt: number }
  | { readonly type: 'deferred'; readonly reason: DeferReason; readonly retryAt: number }
  | {
      readonly type: 'blocked'
      readonly reason: BlockReason
      readonly error: EvergrantError
      readonly until: number
      readonly retryAt: number
    }
  | { readonly type: 'absent'; readonly reason: 'credentials-missing' | 'signed-out'; readonly error: EvergrantError }
  | { readonly type: 'due' }
