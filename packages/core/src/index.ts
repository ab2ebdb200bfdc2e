export { createAlarmQueue, type AlarmQueue } from './time/alarm-queue.ts'
export type { AlarmOptions, Clock } from './clock.ts'
export {
  credentialsFingerprint,
  sealCredentials,
  type Credentials,
  type CredentialSource,
  type CredentialsInput,
} from './credentials.ts'
export {
  EvergrantError,
  invalidOptions,
  isClientRejected,
  isCredentialsMissing,
  isCredentialsUnreadable,
  isDisposed,
  isEdgeRefused,
  isEvergrantError,
  isForeignOrigin,
  isGrantRevoked,
  isInvalidOptions,
  isIpBlockSuspected,
  isLeaseLost,
  isLeaseTimeout,
  isLoginBudgetSpent,
  isLoginExpired,
  isMinTtlUnreachable,
  isNoProgress,
  isRecordCorrupt,
  isRecordFromFuture,
  isRotationLost,
  isSignedOut,
  isStoreConflict,
  isStoreCorrupt,
  isStoreInsecure,
  isStoreSharing,
  isStoreUnavailable,
  isTokenRequestFailed,
  isTokenUnavailable,
  isWaitTimeout,
  isWrongIssuer,
  tokenRequestError,
  type ErrorCode,
  type ErrorDetails,
  type ErrorInput,
} from './errors.ts'
export type { ExchangeStep } from './exchange/exchange-ports.ts'
export type { FailureKind, TokenRequestFailure } from './failure.ts'
export { nextDue, type DueSnapshot } from './machine/due.ts'
export { lifecycleMachine } from './machine/machine.ts'
export { memoryStore } from './memory-store.ts'
export { defaultPolicy, type Policy } from './policy.ts'
export type { SessionPoolOptions } from './pool/pool-options.ts'
export { createSessionPool, type PoolEvent, type SessionPool } from './pool/session-pool.ts'
export type { Provider, RequestOptions, TokenRequestOptions, TokenResponse } from './provider.ts'
export { fingerprint, isSecret, redact, secret, type Secret } from './secret.ts'
export { createSession } from './session/session.ts'
export { listAccounts } from './accounts/list-accounts.ts'
export { stageAccount, type StageAccountOptions, type StagedAccount } from './accounts/stage-account.ts'
export { readAccount, type AccountReport, type ReadAccountOptions } from './accounts/read-account.ts'
export type { LoginBudget } from './records/ledger.ts'
export { grantKey } from './records/record.ts'
export { isolated } from './published/broadcast.ts'
export { deriveSession, type DerivedProvider, type DeriveOptions } from './session/derive-session.ts'
export type { SessionOptions } from './session/session-options.ts'
export type { CredentialsOption } from './session/sources.ts'
export type { Json, Lease, LeaseOptions, Revision, Sharing, StoredEntry, TokenStore, WriteOptions } from './store.ts'
export { createSystemClock, systemClock, type SystemClockParts } from './time/system-clock.ts'
export {
  blankStatus,
  sessionStates,
  type FailureSummary,
  type SessionState,
  type SessionStatus,
  type StatusReason,
} from './machine/session-status.ts'
export type {
  GetTokenOptions,
  RefreshOptions,
  SessionEvent,
  SignOutOptions,
  TokenSession,
} from './session/token-session.ts'
export { accessToken, type AccessToken, type AccessTokenInput } from './token.ts'
export { judge, type BlockReason, type RevokedReason, type Verdict } from './verdict.ts'
