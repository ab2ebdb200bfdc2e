import type { Credentials, CredentialSource } from './credentials.ts'
import type { ErrorCode } from './errors.ts'
import type { TokenRequestFailure } from './failure.ts'
import type { Secret } from './secret.ts'
import type { Verdict } from './verdict.ts'

/** A successful answer of a token endpoint (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly accessToken: string | Secret
  /** Default `Bearer`; empty where the header carries the bare token. */
  readonly tokenType?: string
  /** Lifetime in seconds, counted from the start of the request. Missing: the policy's `assumedLifetime`. */
  readonly expiresIn?: number
  /** Epoch ms by the server's clock, for providers whose tokens die at a fixed time of day. Wins over `expiresIn`. */
  readonly expiresAt?: number
  /** A new refresh token, where the server rotates. Missing or empty: the old one stays. */
  readonly refreshToken?: string | Secret
  /** Seconds from the start of the request until a person has to log in again, where the server says so. */
  readonly refreshTokenExpiresIn?: number
  /**
   * False where these credentials are used up by this answer, as a code without a refresh token is: they are not sent
   * again, and once the token is dead the session stands at `revoked` with `login-expired`.
   */
  readonly renewable?: boolean
  readonly scope?: string
  /** Where the API lives that this token is for, where the server says so with each token. https, or loopback. */
  readonly apiBaseUrl?: string
  /** Epoch ms from the `Date` header, to correct this machine's clock. Left out for answers with an `Age`. */
  readonly date?: number
}

export interface RequestOptions {
  readonly signal: AbortSignal
}

export interface TokenRequestOptions extends RequestOptions {
  /**
   * `fingerprint()` of the token of this account that the API refused last, if any: for a server that has to be told, since
   * it would give the same one again.
   */
  readonly refused?: string
}

/** An authorization server, and how to ask it for tokens. */
export interface Provider {
  /** Names the server; accounts with the same issuer share the login budget and the memory of a block. A URL or a name. */
  readonly issuer: string
  /** E.g. `sandbox`; named in errors, since credentials of one environment are dead in another. */
  readonly environment?: string
  /** Where the API lives that the tokens are for. HTTP adapters send the token to this origin only. */
  readonly apiBaseUrl?: string
  /** What it is asked with where a session is given no credentials of its own. */
  readonly credentials?: CredentialSource
  /** Ms that a login lasts, however often it is refreshed; counted from the first use of its credentials. */
  readonly loginLifetime?: number
  /**
   * One token request: one HTTP request, no redirect, and no retry but of one that the server refused before it looked at a
   * grant (a nonce that it wants, RFC 9449 section 8). Rejects with `tokenRequestError(…)`; whatever else it
   * throws counts as a transient failure. Core bounds its time and aborts `signal` then.
   */
  requestToken(credentials: Credentials, options: TokenRequestOptions): Promise<TokenResponse>
  /** Throws `credentials-unreadable` where the credentials lack something that every request needs: nothing is sent then. */
  check?(credentials: Credentials): void
  /** Decides where the provider knows better than `judge` of core; undefined leaves it to core. */
  judge?(failure: TokenRequestFailure): Verdict | undefined
  /** Asks whether the server can be reached, without any credential. Resolves if it answers at all (P4). */
  probe?(options: RequestOptions): Promise<void>
  /** Revokes the refresh token (RFC 7009), where the server can. */
  revoke?(credentials: Credentials, options: RequestOptions): Promise<void>
  /** What a person should do next, by error code, in the words of this provider. */
  readonly help?: Readonly<Partial<Record<ErrorCode, string>>>
}
