import { secret, type Secret } from './secret.ts'

/**
 * An access token as callers get it. `console.log`, `JSON.stringify` and string concatenation show everything but the
 * token itself; {@link AccessToken.value} gives it.
 */
export interface AccessToken {
  /** The token itself. Not enumerable: no serializer shows it. */
  readonly value: string
  /** The value of an `Authorization` header: `Bearer …`, or the bare token where the provider uses no scheme. */
  readonly authorization: string
  /** Grows by one with each token of an account, over restarts and processes. A rejection names it (P10). */
  readonly generation: number
  /** Epoch ms by this machine's clock: the start of the request that brought the token. */
  readonly issuedAt: number
  /** Epoch ms by this machine's clock: from here on the server refuses the token. */
  readonly expiresAt: number
  /** `Bearer` (RFC 6750) unless the server says otherwise; empty where the header carries the bare token. */
  readonly tokenType: string
  /** Space-separated scopes (RFC 6749 section 3.3), if the server names them. */
  readonly scope: string | null
  /** Where the API lives that this token is for, where that changes with the token; else `null`, and the provider says. */
  readonly apiBaseUrl: string | null
}

/** What {@link accessToken} takes. */
export interface AccessTokenInput {
  readonly value: string | Secret
  readonly generation: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly tokenType?: string
  readonly scope?: string | null
  readonly apiBaseUrl?: string | null
}

class LiveAccessToken implements AccessToken {
  readonly generation: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly tokenType: string
  readonly scope: string | null
  readonly apiBaseUrl: string | null
  readonly #value: Secret

  constructor(input: AccessTokenInput) {
    this.generation = input.generation
    this.issuedAt = input.issuedAt
    this.expiresAt = input.expiresAt
    this.tokenType = input.tokenType ?? 'Bearer'
    this.scope = input.scope ?? null
    this.apiBaseUrl = input.apiBaseUrl ?? null
    this.#value = secret(input.value)
    Object.freeze(this)
  }

  get value(): string {
    return this.#value.reveal()
  }

  get authorization(): string {
    return this.tokenType === '' ? this.value : `${this.tokenType} ${this.value}`
  }

  // The hook of Node's util.inspect, which would else walk the getters if asked to.
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { generation, issuedAt, expiresAt, tokenType, scope, apiBaseUrl } = this
    return { generation, issuedAt, expiresAt, tokenType, scope, apiBaseUrl }
  }

  toString(): string {
    return `[access token, generation ${this.generation}]`
  }
}

/** Builds an {@link AccessToken}. Providers and sessions do this; a test of a UI or an HTTP adapter may want it too. */
export function accessToken(input: AccessTokenInput): AccessToken {
  return new LiveAccessToken(input)
}
