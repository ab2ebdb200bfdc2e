import type { TokenRequestFailure } from './failure.ts'

/** The facts that belong to each error code. None of them is ever a secret. */
export interface ErrorDetails {
  /** An option or argument that cannot be used. */
  readonly 'invalid-options': { readonly option: string }
  /** No source and no store has credentials for this account. */
  readonly 'credentials-missing': { readonly account: string }
  /** The account was signed out, and stays so until new credentials come. */
  readonly 'signed-out': { readonly account: string }
  /** The server has condemned the grant. */
  readonly 'grant-revoked': { readonly account: string }
  /** The server does not accept the client or its secret. */
  readonly 'client-rejected': { readonly account: string }
  /** A rotated refresh token was lost between the server and the store. */
  readonly 'rotation-lost': { readonly account: string }
  /** The login has lasted as long as this server lets one last; a person has to log in again. */
  readonly 'login-expired': { readonly account: string }
  /** The server seems to drop everything from this address. `until` and `retryAt` in epoch ms. */
  readonly 'ip-block-suspected': { readonly until: number; readonly retryAt: number }
  /** Something in front of the server refuses this client. */
  readonly 'edge-refused': { readonly until: number; readonly retryAt: number }
  /** Too many failed logins of late; the next one has to wait. */
  readonly 'login-budget-spent': { readonly until: number; readonly retryAt: number }
  /** No token for now; the session tries again by itself at `retryAt` (epoch ms, `null` if not known). */
  readonly 'token-unavailable': { readonly retryAt: number | null }
  /** The caller's own bound came first. */
  readonly 'wait-timeout': { readonly waited: number }
  /** No token of this provider lives as long as the caller asked for. */
  readonly 'min-ttl-unreachable': { readonly minTtl: number; readonly lifetime: number }
  /** The session has been disposed. */
  readonly disposed: { readonly account: string }
  /** One token request failed. */
  readonly 'token-request-failed': { readonly failure: TokenRequestFailure }
  /** The server gave back the token that it had given before, or one about to die. */
  readonly 'no-progress': { readonly retryAt: number | null }
  /** A stored record cannot be read. */
  readonly 'record-corrupt': { readonly key: string }
  /** A stored record was written by a newer version. */
  readonly 'record-from-future': { readonly key: string; readonly version: number }
  /** The stored record belongs to another server: `issuer` is the one that it was made with. */
  readonly 'wrong-issuer': { readonly key: string; readonly issuer: string }
  /** Compare-and-set failed: somebody else wrote first. */
  readonly 'store-conflict': { readonly key: string }
  /** What the store holds cannot be read. */
  readonly 'store-corrupt': { readonly location: string }
  /** Others can read or replace what the store holds. */
  readonly 'store-insecure': { readonly location: string }
  /** The store did not do what it was asked. */
  readonly 'store-unavailable': { readonly location: string }
  /** The store reaches less far than was asked. */
  readonly 'store-sharing': { readonly sharing: string; readonly asked: string }
  /** A lease was lost before it was released. */
  readonly 'lease-lost': { readonly key: string }
  /** Another process holds the lease for longer than the wait allows. */
  readonly 'lease-timeout': { readonly key: string }
  /** A credential source could not be read. */
  readonly 'credentials-unreadable': { readonly source: string }
  /** A request for an origin that the token is not meant for. */
  readonly 'foreign-origin': { readonly origin: string }
  /** A fault of evergrant itself. */
  readonly internal: { readonly where: string }
}

export type ErrorCode = keyof ErrorDetails

export interface ErrorInput<Code extends ErrorCode> {
  readonly message: string
  /** What the person should do next. */
  readonly help: string
  readonly details: ErrorDetails[Code]
  readonly cause?: unknown
}

const BRAND = Symbol.for('evergrant.error')

/**
 * Every failure of evergrant. `code` tells which, `help` what to do next, `details` the facts. No secret is in any of
 * its properties. The `name` is the code in class form: `GrantRevokedError`.
 */
export class EvergrantError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly help: string
  readonly details: ErrorDetails[Code]

  constructor(code: Code, input: ErrorInput<Code>) {
    super(input.message, input.cause === undefined ? undefined : { cause: input.cause })
    this.code = code
    this.help = input.help
    this.details = input.details
    Object.defineProperty(this, 'name', { value: className(code), configurable: true })
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Plain data for a log line or an answer to a client. */
  toJSON(): { name: string; code: Code; message: string; help: string; details: ErrorDetails[Code] } {
    return { name: this.name, code: this.code, message: this.message, help: this.help, details: this.details }
  }
}

const names = /* @__PURE__ */ new Map<string, string>()

/** Worked out once for each code: every caller that waits may be told of an error of its own. */
function className(code: string): string {
  let name = names.get(code)
  if (name === undefined) {
    name = `${code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`
    names.set(code, name)
  }
  return name
}

/** True for an error of evergrant (of that code, if one is given), also from another copy of this package. */
export function isEvergrantError(error: unknown): error is EvergrantError
export function isEvergrantError<Code extends ErrorCode>(error: unknown, code: Code): error is EvergrantError<Code>
export function isEvergrantError(error: unknown, code?: ErrorCode): error is EvergrantError {
  // By what the engine says of it: an error of another realm is no instance of this one's Error.
  if (Object.prototype.toString.call(error) !== '[object Error]') return false
  if ((error as { [BRAND]?: unknown })[BRAND] !== true) return false
  return code === undefined || (error as EvergrantError).code === code
}

function guard<Code extends ErrorCode>(code: Code): (error: unknown) => error is EvergrantError<Code> {
  return (error): error is EvergrantError<Code> => isEvergrantError(error, code)
}

export const isInvalidOptions = /* @__PURE__ */ guard('invalid-options')
export const isCredentialsMissing = /* @__PURE__ */ guard('credentials-missing')
export const isSignedOut = /* @__PURE__ */ guard('signed-out')
export const isGrantRevoked = /* @__PURE__ */ guard('grant-revoked')
export const isClientRejected = /* @__PURE__ */ guard('client-rejected')
export const isRotationLost = /* @__PURE__ */ guard('rotation-lost')
export const isLoginExpired = /* @__PURE__ */ guard('login-expired')
export const isIpBlockSuspected = /* @__PURE__ */ guard('ip-block-suspected')
export const isEdgeRefused = /* @__PURE__ */ guard('edge-refused')
export const isLoginBudgetSpent = /* @__PURE__ */ guard('login-budget-spent')
export const isTokenUnavailable = /* @__PURE__ */ guard('token-unavailable')
export const isWaitTimeout = /* @__PURE__ */ guard('wait-timeout')
export const isMinTtlUnreachable = /* @__PURE__ */ guard('min-ttl-unreachable')
export const isDisposed = /* @__PURE__ */ guard('disposed')
export const isTokenRequestFailed = /* @__PURE__ */ guard('token-request-failed')
export const isNoProgress = /* @__PURE__ */ guard('no-progress')
export const isRecordCorrupt = /* @__PURE__ */ guard('record-corrupt')
export const isRecordFromFuture = /* @__PURE__ */ guard('record-from-future')
export const isWrongIssuer = /* @__PURE__ */ guard('wrong-issuer')
export const isStoreConflict = /* @__PURE__ */ guard('store-conflict')
export const isStoreCorrupt = /* @__PURE__ */ guard('store-corrupt')
export const isStoreInsecure = /* @__PURE__ */ guard('store-insecure')
export const isStoreUnavailable = /* @__PURE__ */ guard('store-unavailable')
export const isStoreSharing = /* @__PURE__ */ guard('store-sharing')
export const isLeaseLost = /* @__PURE__ */ guard('lease-lost')
export const isLeaseTimeout = /* @__PURE__ */ guard('lease-timeout')
export const isCredentialsUnreadable = /* @__PURE__ */ guard('credentials-unreadable')
export const isForeignOrigin = /* @__PURE__ */ guard('foreign-origin')

/** For an option or argument that cannot be used: names it and says what would do. */
export function invalidOptions(option: string, problem: string, help: string): EvergrantError<'invalid-options'> {
  return new EvergrantError('invalid-options', { message: `${option}: ${problem}`, help, details: { option } })
}

const FAILURE_HELP: Readonly<Record<TokenRequestFailure['kind'], string>> = {
  rejected: 'Look at the code: it says what the server did not accept.',
  edge:
    'Something in front of the server refused the request. Check the User-Agent (name/version), ' +
    'proxies and firewalls. The grant itself is not in question.',
  'rate-limited': 'Nothing to do: the session waits as long as the server asked.',
  server: 'Nothing to do: the session tries again. The server has trouble of its own.',
  timeout:
    'Check the network. Several time-outs after failed logins mean that the server drops this address for hours.',
  network: 'Check the network, DNS and the base URL.',
  redirect: 'Set the base URL to the address that the server redirects to: secrets are never sent after a redirect.',
  malformed: 'Check the base URL: what answered does not speak OAuth2.',
  unknown: 'If it goes on, report it with the code and the status.',
}

/** What a provider rejects with when a token request fails. */
export function tokenRequestError(failure: TokenRequestFailure): EvergrantError<'token-request-failed'> {
  const facts = [failure.status, failure.oauthCode, failure.description].filter((fact) => fact !== undefined)
  return new EvergrantError('token-request-failed', {
    message: `The token request failed: ${failure.kind}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`,
    help: FAILURE_HELP[failure.kind],
    details: { failure },
  })
}
