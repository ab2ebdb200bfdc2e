import { tokenRequestError, type EvergrantError, type TokenRequestFailure, type Verdict } from '@evergrant/core'
import { isNothingSent } from '../http/nothing-sent.ts'

/** Why a login came to nothing, where it is known better than from the server's words. They stand before those. */
const REASONS = {
  retired: 'tastytrade has retired the login with user name and password',
  rememberToken: 'the remember token was refused',
  password: 'the user name or the password was refused',
  noSecondFactor: 'a second factor is needed, and no code was given',
  secondFactor: 'the code of the second factor was refused',
} as const

export type RefusalReason = keyof typeof REASONS

/** In ms. Each further try may send a person another message, so that none follows at night for nothing. */
const SECOND_FACTOR_PAUSE = 60 * 60_000
const GONE: ReadonlySet<number | undefined> = new Set([404, 405, 410])
const RETIREMENT = /\b(?:deprecated|decommissioned|discontinued|retired|sunset|no longer (?:supported|available))\b/i

/** The failure with its reason said first. */
export function refusal(reason: RefusalReason, failure: TokenRequestFailure): EvergrantError<'token-request-failed'> {
  const { description } = failure
  const told = description === undefined ? REASONS[reason] : `${REASONS[reason]}: ${description}`
  return tokenRequestError({ ...failure, kind: 'rejected', description: told })
}

/** The server has looked at what was sent, and does not take it (docs/protocol.md#api-errors). */
export function isRefused({ kind, status, oauthCode }: TokenRequestFailure): boolean {
  return kind === 'rejected' && (status === 401 || oauthCode === 'invalid_credentials')
}

/** docs/protocol.md#password-logins */
export function isChallenge({ kind, oauthCode }: TokenRequestFailure): boolean {
  return kind === 'rejected' && oauthCode === 'device_challenge_required'
}

/** The path is gone, or the server says so. In which words it does is written nowhere, so any of these will do. */
export function isRetired({ kind, status, oauthCode = '', description = '' }: TokenRequestFailure): boolean {
  if (GONE.has(status)) return true
  return kind === 'rejected' && RETIREMENT.test(`${oauthCode.replaceAll('_', ' ')} ${description}`)
}

/** What this provider makes of its own failures. */
export function judgeRefusal(failure: TokenRequestFailure): Verdict | undefined {
  if (isNothingSent(failure)) return { kind: 'misconfigured' }
  switch (reasonOf(failure)) {
    case 'retired':
    case 'password':
      return { kind: 'revoked', reason: 'client-rejected' }
    case 'rememberToken':
      return { kind: 'revoked', reason: 'grant-revoked' }
    case 'noSecondFactor':
    case 'secondFactor':
      return { kind: 'transient', retryAfter: SECOND_FACTOR_PAUSE }
    case undefined:
      return undefined
  }
}

/** The reason that {@link refusal} has given. */
export function reasonOf({ kind, description = '' }: TokenRequestFailure): RefusalReason | undefined {
  if (kind !== 'rejected') return undefined
  const reasons = Object.keys(REASONS) as readonly RefusalReason[]
  return reasons.find((reason) => description.startsWith(REASONS[reason]))
}
