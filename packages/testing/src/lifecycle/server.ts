import type { CredentialsInput } from '@evergrant/core'
import type { VirtualClock } from '../virtual-clock.ts'
import type { LifecycleAnswer } from './moves.ts'

/** A function like the global `fetch`. */
export type LifecycleFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** How a provider reaches the server. */
export interface LifecycleDoor {
  readonly baseUrl: string
  readonly fetch: LifecycleFetch
}

/** A request that was held, as it arrived. */
export interface ArrivedRequest {
  readonly kind: 'token' | 'probe'
  /**
   * What it carried: nothing secret; the credentials that were issued last, with the refresh token of the last answer
   * that got through; or others.
   */
  readonly carries: 'nothing' | 'present credentials' | 'other credentials'
}

/**
 * What the paths need of a server. It answers nothing by itself: each token request and each probe waits until it is
 * told what to make of it, or until the client has left. Calls of the API are answered at once, with 401 where the access
 * token is not good. Its tokens live for {@link TOKEN_LIFETIME} seconds, by `clock`.
 */
export interface LifecycleServer extends LifecycleDoor {
  /** Credentials of an account. Each call gives others; the last are those that are in use from now on. */
  issueCredentials(): CredentialsInput
  /** In order of arrival. */
  readonly arrived: readonly ArrivedRequest[]
  /** What waits for an answer now. */
  readonly waitingRequests: number
  readonly waitingProbes: number
  /** Decides what becomes of the token request that has waited longest. Throws if none waits. */
  answer(how: LifecycleAnswer): void
  /** Refuses the access tokens that are out from now on; those that it grants later are good. */
  refuseTokens(): void
  /** Lets the probe that waits have an answer, whichever. Throws if none waits. */
  answerProbe(): void
}

/** Makes a server for one path. */
export type CreateLifecycleServer = (clock: VirtualClock) => LifecycleServer
