import type { KeyInput } from '@evergrant/adapters/encrypted'
import type { FetchFunction } from '@evergrant/adapters/fetch'
import type { Clock, Policy, Provider, TokenStore } from '@evergrant/core'
import type { Audit } from './audit/audit-entry.ts'

/** How what is stored is sealed, or that the store does it. Nothing is stored plain by accident. */
export type Sealing =
  | {
      /** 32 bytes; e.g. of `openssl rand -base64 32`. */
      readonly key: KeyInput
      /** Keys that were replaced: what they sealed is read, and the next write seals it with the present one. */
      readonly previousKeys?: readonly KeyInput[] | undefined
    }
  | 'sealed-already'

/** What a caller may ask of the keeper. All have defaults. */
export interface KeeperLimits {
  /** Bytes of the body of a request to the keeper itself. Default 64 KiB. */
  readonly body: number
  /** Bytes of a body that is passed on to the provider. Default 1 MiB. */
  readonly proxyBody: number
  /** Bytes of the headers of a request. Default 16 KiB. */
  readonly headers: number
  /** Requests of one API key within a minute, in any rhythm: a burst may spend them at once. Default 600. */
  readonly requestsPerMinute: number
  /** Requests without a good key from one address within a minute. Default 60. */
  readonly unauthenticatedPerMinute: number
  /** Ms after which a request is answered with a problem, whatever it waits for. Default 30 seconds. */
  readonly requestTime: number
  /** Open connections. Default 1,000. */
  readonly connections: number
  /** Open streams of events. Default 100. */
  readonly streams: number
}

/** Paths of the provider's API behind the short routes; `{account_id}` is the caller's. */
export interface KeeperResources {
  readonly accounts: string
  readonly balances: string
  readonly positions: string
}

/** What {@link createKeeper} takes; `provider`, `store` and `sealing` are required. */
export interface KeeperOptions<P extends Provider = Provider> {
  /** With its `apiBaseUrl` requests are passed on to the API; without, only tokens are given out. */
  readonly provider: P
  /** The records of the accounts and the API keys; one for all replicas. */
  readonly store: TokenStore
  readonly sealing: Sealing
  /** Default: those of tastytrade. */
  readonly resources?: KeeperResources | undefined
  /** Default: `systemClock` of core. */
  readonly clock?: Clock | undefined
  /** As for core's `createSessionPool`. */
  readonly policy?: Partial<Policy> | undefined
  /** For jitter; a seeded one makes a run repeatable. Default `Math.random`. */
  readonly random?: (() => number) | undefined
  /** Token requests at once. Default: the policy's `loginBudget`. */
  readonly concurrency?: number | undefined
  /** Ms without use after which an account sleeps. Default 30 minutes. */
  readonly idleAfter?: number | undefined
  /** Whose tokens are renewed ahead of time: those used within `idleAfter`, or all that are stored. Default `used`. */
  readonly renew?: 'used' | 'all' | undefined
  /** Told of each request to the API, without secrets. Default: nobody. See {@link auditFile}. */
  readonly audit?: Audit | undefined
  /** Those that are left out have their defaults. */
  readonly limits?: Partial<KeeperLimits> | undefined
  /** True shows `/metrics` without a key. Default false: it takes one of scope `metrics` or `admin`. */
  readonly openMetrics?: boolean | undefined
  /** Sends what is passed on to the API. Default: the global `fetch`, looked up at each request. */
  readonly fetch?: FetchFunction | undefined
}
