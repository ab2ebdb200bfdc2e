import {
  EvergrantError,
  tokenRequestError,
  type Credentials,
  type CredentialsInput,
  type Secret,
  type TokenRequestFailure,
  type TokenResponse,
} from '@evergrant/core'

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
}

/** What a login gives. */
export interface LoginResult {
  /** For `setCredentials`: the client, and its refresh token. */
  readonly credentials: CredentialsInput & { readonly refreshToken: Secret }
  /** The first access token. A session does not need it, and fetches its own. */
  readonly response: TokenResponse
}

const NO_REFRESH_TOKEN =
  'Ask for one when the login begins: most servers want the scope offline_access with prompt=consent, some a ' +
  'parameter such as access_type=offline, and the client must be registered for the refresh token grant.'

export function loginResult(
  client: Pick<Credentials, 'clientId' | 'clientSecret'>,
  response: TokenResponse,
): LoginResult {
  const { refreshToken } = response
  if (refreshToken === undefined || typeof refreshToken === 'string') {
    const description = 'the server gave no refresh token'
    throw loginFailed({ kind: 'malformed', status: 200, description }, NO_REFRESH_TOKEN)
  }
  return { credentials: { ...client, refreshToken }, response }
}

/** In the words of a login, since a person is at the other end. */
export function loginFailed(failure: TokenRequestFailure, help: string): EvergrantError<'token-request-failed'> {
  const { message, details } = tokenRequestError(failure)
  return new EvergrantError('token-request-failed', {
    message: message.replace('The token request failed', 'The login failed'),
    help,
    details,
  })
}
