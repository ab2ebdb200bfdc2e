import type { ErrorCode } from '@evergrant/core'
import type { OAuth2Grant } from './options.ts'

type Help = Readonly<Partial<Record<ErrorCode, string>>>

const LOG_IN = 'log in again (beginLogin or beginDeviceLogin of the provider) and hand the result to setCredentials()'

/** What a person should do next, by error code, at any OAuth2 server. */
const OAUTH2_HELP: Help = {
  'credentials-missing':
    'Give the client id, the secret of a confidential client, and a refresh token; or ' +
    'log in (beginLogin or beginDeviceLogin of the provider) and hand the result to setCredentials().',
  'grant-revoked': `The grant has expired or was revoked at the server: ${LOG_IN}.`,
  'login-expired': `The login has lasted as long as the server lets one last: ${LOG_IN}.`,
  'rotation-lost': `The server has spent the refresh token, and its answer was lost: ${LOG_IN}.`,
  'client-rejected':
    'The server does not accept the client id, its secret or its key, or not in this way. Compare the registration of ' +
    'the client at the server, with its token_endpoint_auth_method, and set clientAuthentication to that. After a ' +
    'change of the options alone, call refresh({ force: true }) once.',
}

/** The same for a client that has a grant of its own. */
const CLIENT_CREDENTIALS_HELP: Help = {
  ...OAUTH2_HELP,
  'credentials-missing': 'Give the client id, and its secret where it has no private key.',
  'grant-revoked': 'The server does not let this client have a token of its own. Look at its registration there.',
}

const NEXT_CODE =
  'log in at the server again, and hand the code in the address where the browser arrives to ' +
  'setCredentials({ refreshToken: code }), within minutes'

/** The same where each token takes a login. */
const AUTHORIZATION_CODE_HELP: Help = {
  ...OAUTH2_HELP,
  'credentials-missing': `Give the client id and its secret; then ${NEXT_CODE}.`,
  'grant-revoked': `The code was used before, or is too old: ${NEXT_CODE}.`,
  'rotation-lost': `The code is spent, and the answer to it was lost: ${NEXT_CODE}.`,
  'login-expired': `This server gives one token for each login: ${NEXT_CODE}.`,
}

/** What a person should do next, by error code. */
export function helpFor(grant: OAuth2Grant): Help {
  if (grant === 'client_credentials') return CLIENT_CREDENTIALS_HELP
  return grant === 'authorization_code' ? AUTHORIZATION_CODE_HELP : OAUTH2_HELP
}
