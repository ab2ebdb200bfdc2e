import type { Observable } from 'rxjs'
import type { CredentialsInput } from '../credentials.ts'
import type { ErrorCode } from '../errors.ts'
import type { ExchangeStep } from '../exchange/exchange-ports.ts'
import type { FailureSummary, SessionState, SessionStatus, StatusReason } from '../machine/session-status.ts'
import type { Provider } from '../provider.ts'
import type { AccessToken } from '../token.ts'

export interface GetTokenOptions {
  /** Ends this caller's wait, never the shared request. */
  readonly signal?: AbortSignal
  /** Ms that the token must still live. Default 0. */
  readonly minTtl?: number
  /** Ms to wait at most. Default: the policy's `maxWait` (30 s). */
  readonly maxWait?: number
}

export interface RefreshOptions {
  /** Also where the credential is known dead, or a wait is on. A block, the budget and the floor still hold. */
  readonly force?: boolean
  /** Ends this caller's wait, never the shared request. */
  readonly signal?: AbortSignal
  /** Ms to wait at most. Default: the policy's `maxWait` (30 s). */
  readonly maxWait?: number
}

export interface SignOutOptions {
  /** True revokes the refresh token at the server too, where the provider can. Default false. */
  readonly revoke?: boolean
  /** Gives up the request that revokes it, and rejects with its reason; the account stays signed out all the same. */
  readonly signal?: AbortSignal
}

/** What has happened, without secrets: for logs, metrics and traces. `at` in epoch ms. */
export type SessionEvent =
  | {
      readonly type: 'state-changed'
      readonly at: number
      readonly from: SessionState
      readonly to: SessionState
      readonly reason: StatusReason | null
    }
  | { readonly type: 'refresh-started'; readonly at: number; readonly attempt: number }
  /**
   * `outcome`: `granted`, `adopted`, `rejected`, `transient`, `deferred`, `blocked` or `absent`; `cancelled` by a sign-out or
   * new credentials; `fault` for one of ours. `code` says why it failed. `took` in ms.
   */
  | {
      readonly type: 'refresh-ended'
      readonly at: number
      readonly outcome: string
      readonly code: ErrorCode | null
      readonly took: number
    }
  /** By a person, a source or another session; the tokens of the old ones are of no use. */
  | { readonly type: 'credentials-changed'; readonly at: number }
  /** A person has to log in again by `deadline` (epoch ms); told once for each, `policy.reauthenticationLead` ahead. */
  | { readonly type: 'reauthentication-due'; readonly at: number; readonly deadline: number }
  /** After each token request: how many more failed logins this issuer's budget allows for now. */
  | { readonly type: 'login-budget'; readonly at: number; readonly left: number; readonly limit: number }
  | { readonly type: 'token-rejected'; readonly at: number; readonly generation: number }
  | { readonly type: 'exchange-step'; readonly at: number; readonly step: ExchangeStep }
  | { readonly type: 'probed'; readonly at: number; readonly reachable: boolean }
  | { readonly type: 'store-failed'; readonly at: number; readonly failure: FailureSummary }
  | { readonly type: 'listener-failed'; readonly at: number; readonly error: unknown }

/** A live access token and everything around it. Every method is safe to call at any time, also after `dispose()`. */
export interface TokenSession<P extends Provider = Provider> extends AsyncDisposable {
  readonly provider: P
  /** The name under which the store keeps this account. */
  readonly account: string
  /** The present token or `null`, at once and then at each change. Never errors; completes on dispose. */
  readonly token$: Observable<AccessToken | null>
  /** The present status, at once and then at each change. Never errors; completes on dispose. */
  readonly status$: Observable<SessionStatus>
  /** What happens from now on. Never errors; completes on dispose. */
  readonly events$: Observable<SessionEvent>
  getSnapshot(): SessionStatus
  /** Calls the listener after each change of the status; gives back the way to stop. Bound, so it may be passed on. */
  subscribe(listener: (status: SessionStatus) => void): () => void
  /**
   * A usable token: the present one at once, or the next one. Rejects with `credentials-missing`, `signed-out`,
   * `grant-revoked`, `client-rejected`, `rotation-lost`, `login-expired`, `ip-block-suspected`, `edge-refused`, `login-budget-spent`,
   * `token-unavailable`, `wait-timeout`, `min-ttl-unreachable`, `disposed`, or the reason of `signal`.
   */
  getToken(options?: GetTokenOptions): Promise<AccessToken>
  /** The present token if it is usable, else `null`; starts nothing. */
  peekToken(): AccessToken | null
  /** Says that the server refused this token. One that is not the present one is ignored (P10). */
  reportRejected(token: AccessToken): void
  /** Asks for a new token now. The present one is served meanwhile. Rejects as {@link TokenSession.getToken} does. */
  refresh(options?: RefreshOptions): Promise<AccessToken>
  /** Replaces the credentials of this account, durably, and wakes a session that stands at `revoked`. */
  setCredentials(credentials: CredentialsInput): Promise<void>
  /** Forgets the tokens and credentials of this account, durably, and stays signed out until new credentials come. */
  signOut(options?: SignOutOptions): Promise<void>
  /** Ends the session: waits for a request in flight, so that nothing is lost; callers that wait get `disposed`. */
  dispose(): Promise<void>
}
