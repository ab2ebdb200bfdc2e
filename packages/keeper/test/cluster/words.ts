import type { Policy } from '@evergrant/core'

/** Where replicas find what they share. Plain data: it goes to processes as JSON. */
export type StorePlan =
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string }

/** What a replica is told, as its first line, so that no secret is among its arguments. It ends with its input. */
export interface ReplicaPlan {
  readonly store: StorePlan
  /** 32 bytes in base64. */
  readonly sealingKey: string
  /** Of the fake. */
  readonly baseUrl: string
  /** 0 for one that is free. */
  readonly port: number
  readonly policy: Partial<Policy>
  /** Ms. */
  readonly idleAfter: number
  readonly requestTime: number
  /** Ms that the store may take for a call. */
  readonly storeTimeout: number
}

/** Where a replica is in spending a credential: the steps between which a kill can cost a rotated token. */
export type ReplicaStep =
  | { readonly step: 'leased' | 'writing' | 'written' | 'lease-lost'; readonly account: string }
  /** The token request is about to leave; `mark` is the fingerprint of its refresh token. */
  | { readonly step: 'sent'; readonly grantId: string; readonly mark: string }
  | { readonly step: 'answered'; readonly grantId: string; readonly status: number }

/** What a replica says, one JSON text a line. */
export type ReplicaSaid =
  | { readonly said: 'listening'; readonly url: string; readonly port: number }
  | { readonly said: 'drained' }
  | ({ readonly said: 'step' } & ReplicaStep)

/** An account that is asked for, and how. */
export interface CallerPlan {
  readonly account: string
  readonly callers: number
  /** Ms that a caller rests after each call. */
  readonly every: number
}

/** What the load is told, as its first line. Its input's end makes it finish the calls under way and end. */
export interface LoadPlan {
  readonly urls: readonly string[]
  readonly apiKey: string
  readonly accounts: readonly CallerPlan[]
  /** Of the fake's API, on which tokens are tried. */
  readonly apiUrl: string
  /** Ms in which each call must come to something. */
  readonly bound: number
  /** Ms after which another replica is asked. */
  readonly tryTime: number
}

/** What came of calls so far. */
export interface LoadTally {
  readonly calls: number
  readonly tokens: number
  /** Calls that ended with a problem, by its code. */
  readonly problems: Readonly<Record<string, number>>
  /** Tokens that were tried at the API, and that it refused. */
  readonly tried: number
  readonly refused: number
  /** How often another replica was asked. */
  readonly moves: number
  /** Ms that the longest call took. */
  readonly longest: number
}

/** What the load says, one JSON text a line. */
export type LoadSaid =
  | ({ readonly said: 'tally' } & LoadTally)
  | { readonly said: 'problem'; readonly account: string; readonly code: string }
  | { readonly said: 'refused'; readonly account: string }
  /** What must never be. */
  | { readonly said: 'broken'; readonly account: string; readonly what: string }
