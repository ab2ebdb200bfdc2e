import type { ErrorCode } from '@evergrant/core'

const LOG_IN = 'log in again (beginLogin or beginDeviceLogin of the provider) and hand the result to setCredentials()'

/** What a person should do next, by error code, at any OAuth2 server. */
export const OAUTH2_HELP: Readonly<Partial<Record<ErrorCode, string>>> = {
  'credentials-missing':
    'Give the client id, the secret of a confidential client, and a refresh token; or ' +
    'log in (beginLogin or beginDeviceLogin of the provider) and hand the result to setCredentials().',
  'grant-revoked': `The grant has expired or was revoked at the server: ${LOG_IN}.`,
  'rotation-lost': `The server has spent the refresh token, and its answer was lost: ${LOG_IN}.`,
  'client-rejected':
    'The server does not accept the client id, its secret or its key, or not in this way. Compare the registration of ' +
    'the client at the server, with its token_endpoint_auth_method, and set clientAuthentication to that. After a ' +
    'change of the options alone, call refresh({ force: true }) once.',
}

/** The same for a client that has a grant of its own. */
export const CLIENT_CREDENTIALS_HELP: Readonly<Partial<Record<ErrorCode, string>>> = {
  ...OAUTH2_HELP,
  'credentials-missing': 'Give the client id, and its secret where it has no private key.',
  'grant-revoked': 'The server does not let this client have a token of its own. Look at its registration there.',
}
