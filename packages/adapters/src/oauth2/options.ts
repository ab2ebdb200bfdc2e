import type { Clock, ErrorCode, Secret, TokenRequestFailure, Verdict } from '@evergrant/core'
import type { FetchFunction } from '../http/fetch-function.ts'
import type { TimeOfDay } from '../time/next-time-of-day.ts'
import type { Dialect } from './dialect.ts'

/** How a client proves who it is, in the words of `token_endpoint_auth_methods_supported` (RFC 8414 section 2). */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none'

/** In the words of `grant_type` (RFC 6749). */
export type OAuth2Grant = 'refresh_token' | 'client_credentials' | 'authorization_code'

/** A private key of WebCrypto, with the `kid` by which the server knows it. */
export interface SigningKey {
  readonly key: CryptoKey
  readonly kid?: string | undefined
}

/** Whole addresses; https, or http on loopback. */
export interface OAuth2Endpoints {
  readonly token: string
  /** For `beginLogin`. */
  readonly authorization?: string | undefined
  /** For `beginDeviceLogin`. */
  readonly deviceAuthorization?: string | undefined
  /** For `signOut({ revoke: true })`. */
  readonly revocation?: string | undefined
  /** For `introspect`. */
  readonly introspection?: string | undefined
}

export interface OAuth2Options {
  /**
   * The server's issuer identifier. Without `endpoints`, its metadata is looked up when it is first needed (RFC 8414,
   * OpenID Connect Discovery 1.0). With them, it is what `iss` of a callback must say (RFC 9207).
   */
  readonly issuer?: string | undefined
  /** In place of discovery. */
  readonly endpoints?: OAuth2Endpoints | undefined
  /**
   * What a token is bought with. `client_credentials` needs no refresh token. `authorization_code` is for a server that
   * gives none: the `refreshToken` of the credentials is the code of a login, which buys one token, and after that token
   * the session waits for the next code. Default `refresh_token`.
   */
  readonly grant?: OAuth2Grant | undefined
  /** For the grant `authorization_code`: where that login has sent the browser. */
  readonly redirectUri?: string | undefined
  /**
   * The client, for logins and introspection, and for a session whose credentials do not name one. What stands here
   * and not in the credentials is not part of their mark: after a change of it, wake a session that was refused with
   * `refresh({ force: true })`.
   */
  readonly clientId?: string | undefined
  readonly clientSecret?: string | Secret | undefined
  /**
   * Default: `private_key_jwt` with a `privateKey`; `none` without a secret; else `client_secret_basic`, unless the
   * server's metadata name `client_secret_post` and not that.
   */
  readonly clientAuthentication?: ClientAuthentication | undefined
  /** For `private_key_jwt` (RFC 7523 section 2.2): ECDSA, RSA or Ed25519, with the usage `sign`. */
  readonly privateKey?: CryptoKey | SigningKey | undefined
  /** `aud` of the assertion. Default: the issuer, or the token endpoint where no issuer is named. */
  readonly assertionAudience?: string | undefined
  /**
   * Binds every token to this key pair (RFC 9449); its public key must be extractable. Keep it as long as the refresh
   * token: a public client's is bound to it as well. Call the API with `dpopFetch`.
   */
  readonly dpop?: CryptoKeyPair | undefined
  /** Space-separated scopes for each token request. Left out, the token has those of the grant. */
  readonly scope?: string | undefined
  /** Further parameters of each token request, e.g. `resource` (RFC 8707) or `audience`. Nothing secret. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
  /** In place of what the server says, e.g. where an API wants another scheme than the `token_type` of the answer. */
  readonly tokenType?: string | undefined
  /** When every token dies, in place of what the server says. */
  readonly dailyExpiry?: TimeOfDay | undefined
  /** Ms that a login lasts, however often it is refreshed; counted from the first use of its refresh token. */
  readonly loginLifetime?: number | undefined
  /** For a server that asks or answers in a way of its own. */
  readonly dialect?: Dialect | undefined
  /** Where the API lives that the tokens are for. HTTP adapters send the token to this origin only. */
  readonly apiBaseUrl?: string | undefined
  /** E.g. `sandbox`; named in errors. */
  readonly environment?: string | undefined
  /** What a person should do next, by error code, in place of the general words. */
  readonly help?: Readonly<Partial<Record<ErrorCode, string>>> | undefined
  /** For a server with codes of its own, or errors on HTTP 200; undefined leaves the verdict to evergrant. */
  readonly judge?: ((failure: TokenRequestFailure) => Verdict | undefined) | undefined
  /** `name/version` of the application. Default `evergrant/<version>`. */
  readonly userAgent?: string | undefined
  /** Default: the global `fetch`, looked up at each request. */
  readonly fetch?: FetchFunction | undefined
  /** Bytes of an answer to read at most. Default 262,144. */
  readonly maxResponseBytes?: number | undefined
  /** Ms that discovery, and each request of a login or an introspection, may take. Default 10,000. */
  readonly requestTimeout?: number | undefined
  /** Default: the clock of this process. */
  readonly clock?: Clock | undefined
}
