import { EvergrantError, type ErrorCode, type ErrorDetails } from '../errors.ts'
import type { Provider } from '../provider.ts'
import type { BlockReason, RevokedReason } from '../verdict.ts'

/** The account that an error is about. */
export interface Subject {
  readonly provider: Provider
  readonly account: string
}

const MESSAGES = {
  'credentials-missing': 'There are no credentials',
  'signed-out': 'Signed out',
  'grant-revoked': 'The server has revoked the grant',
  'client-rejected': 'The server does not accept the client or its secret',
  'rotation-lost': 'A rotated refresh token was lost, and the old one is spent',
  'login-expired': 'The login has lasted as long as it may',
  'ip-block-suspected': 'The server seems to drop every request from this address',
  'edge-refused': 'Something in front of the server refuses this client',
  'login-budget-spent': 'Too many failed logins of late',
} as const satisfies Partial<Record<ErrorCode, string>>

const HELP = {
  'credentials-missing': 'Give a client secret and a refresh token: as an option, in the environment, or in the store.',
  'signed-out': 'Log in again with setCredentials(), or ask for it with refresh({ force: true }).',
  'grant-revoked':
    'Make a new grant at the provider and put its refresh token in place of the old one. The session goes on by itself.',
  'client-rejected': 'Put the right client secret in place: a secret is valid for one client and one environment.',
  'rotation-lost':
    'Make a new grant at the provider. It was lost when an answer of the server did not reach the store.',
  'login-expired': 'Log in again: this server gives no new token without a person. The session goes on by itself then.',
  'ip-block-suspected':
    'Wait: nothing is sent until a probe without credentials is answered. Do not try from elsewhere with the same credentials.',
  'edge-refused': 'Check the User-Agent (name/version), proxies and firewalls. The grant itself is not in question.',
  'login-budget-spent':
    'Mend the credentials that failed; the wait protects this address from being blocked for hours.',
} as const satisfies Record<keyof typeof MESSAGES, string>

type SubjectCode = keyof typeof MESSAGES

function helpOf({ provider }: Subject, code: SubjectCode): string {
  return provider.help?.[code] ?? HELP[code]
}

/** The error for a standing condition of an account, in the words of its provider where that has some. */
export function conditionError<Code extends SubjectCode>(
  subject: Subject,
  code: Code,
  details: ErrorDetails[Code],
  cause?: unknown,
  help = helpOf(subject, code),
): EvergrantError<Code> {
  const { provider, account } = subject
  const place = provider.environment === undefined ? provider.issuer : `${provider.issuer}, ${provider.environment}`
  return new EvergrantError<Code>(code, {
    message: `${MESSAGES[code]} (account ${account} at ${place})`,
    help,
    details,
    cause,
  })
}

/** The same where the account is all there is to say. `help` in place of the usual words, where the refusal told more. */
export function accountError<Code extends RevokedReason | 'credentials-missing' | 'signed-out'>(
  subject: Subject,
  code: Code,
  cause?: unknown,
  help?: string,
): EvergrantError<Code> {
  return conditionError(subject, code, { account: subject.account }, cause, help)
}

/** `sought` says where credentials were looked for. */
export function missingError(subject: Subject, sought: string | undefined): EvergrantError<'credentials-missing'> {
  const code = 'credentials-missing'
  const help = `${sought ? `Looked for ${sought}. ` : ''}${helpOf(subject, code)}`
  return accountError(subject, code, undefined, help)
}

/** `until` and `retryAt` in epoch ms. */
export function blockedError(
  subject: Subject,
  reason: BlockReason,
  times: { readonly until: number; readonly retryAt: number },
  cause?: unknown,
): EvergrantError<BlockReason> {
  return conditionError(subject, reason, { until: times.until, retryAt: times.retryAt }, cause)
}
