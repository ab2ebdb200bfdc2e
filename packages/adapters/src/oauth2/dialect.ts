import type { Credentials, TokenResponse } from '@evergrant/core'

/** What a token request carries, as a form. */
export interface TokenForm {
  /** All of them but `grant_type` and the client id are taken for secrets, and blotted out of what the server says. */
  readonly fields: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What a body says that refuses something. */
export interface Refusal {
  readonly code: string | undefined
  readonly description: string | undefined
}

/** How a server asks and answers where RFC 6749 says it otherwise. What is left out is as it stands there. */
export interface Dialect {
  /** The whole token request of a session, in place of that of its grant. Whatever it throws, nothing is sent. */
  readonly tokenForm?: ((credentials: Credentials) => TokenForm | Promise<TokenForm>) | undefined
  /** Reads a successful answer (section 5.1); undefined for one without a usable access token. */
  readonly readGrant?: ((json: unknown, client: Pick<Credentials, 'clientId'>) => TokenResponse | undefined) | undefined
  /** Reads any other (section 5.2); `json` is undefined for what is no JSON. Undefined leaves it to evergrant. */
  readonly readRefusal?: ((json: unknown, text: string) => Refusal | undefined) | undefined
}
