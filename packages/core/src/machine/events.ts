import type { EvergrantError } from '../errors.ts'
import type { ExchangeRequest } from '../exchange/consult.ts'
import type { Outcome, TokenGrant } from '../exchange/outcome.ts'

/** What can happen to a session from outside. Times in epoch ms on the session's line. */
export type LifecycleEvent =
  /** Somebody wants a token, and this is what the store says. */
  | { readonly type: 'CONSULTED'; readonly outcome: Outcome; readonly force: boolean; readonly at: number }
  /** Somebody else fetched a newer token. */
  | ({ readonly type: 'ADOPTED' } & TokenGrant)
  /** A person or a caller asks for a new token now. */
  | { readonly type: 'REFRESH'; readonly force: boolean }
  /** A server refused the token of this generation; the next request may be made at `retryAt`, or at once. */
  | { readonly type: 'REJECTED'; readonly generation: number; readonly retryAt: number | null }
  /** Other credentials are there now. */
  | { readonly type: 'CREDENTIALS' }
  | { readonly type: 'SIGN_OUT' }
  /** The store no longer knows of a block. */
  | { readonly type: 'UNBLOCKED' }
  /** Time has passed. */
  | { readonly type: 'TIME'; readonly now: number }

/** Output of the `exchange` actor. */
export interface ExchangeOutput {
  readonly outcome: Outcome
  readonly at: number
}

/** What that actor rejects with: a fault of ours, and its time, so that the machine stays pure. */
export interface TimedFault {
  readonly at: number
  readonly error: EvergrantError
}

export type ExchangeInput = ExchangeRequest
