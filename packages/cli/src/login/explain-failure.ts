import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type EvergrantError, type TokenRequestFailure } from '@evergrant/core'
import { formatMoment } from '../output/moment.ts'
import { printable } from '../output/printable.ts'
import type { Explanation } from './explanation.ts'
import { directions, newGrant, otherEnvironment, SUPPORT } from './website.ts'

export interface FailureContext {
  readonly environment: TastytradeEnvironment
  /** Epoch ms. */
  readonly now: number
  /** While a code was spent: the redirect URI that was asked for. */
  readonly redirectUri?: string
}

const AGAIN = 'Try again.'
/** Each counts as a failed login, of which too many block an address for hours. */
const CAREFULLY = 'Check what you paste before you try again: too many failed logins block your address for 8 hours.'

/**
 * What a login that failed means for the person, and what to do next (docs/protocol.md#authorization, #token-errors and
 * #limits).
 */
export function explainFailure(error: EvergrantError, context: FailureContext): Explanation {
  const failure = failureOf(error)
  return (
    explainBlock(error, context) ??
    (failure?.kind === 'rejected' ? explainRejection(failure, context) : null) ??
    explainState(error, context) ??
    (failure === undefined ? null : explainTransport(failure)) ?? {
      what: error.message,
      why: error.help,
      next: [AGAIN],
    }
  )
}

/** Why the provider sent the browser back without a code (RFC 6749 section 4.1.2.1). */
export function explainRefusal(error: string): Explanation {
  if (error === 'access_denied') {
    return {
      what: 'The login was not allowed.',
      why: 'On the page of tastytrade somebody chose not to let the application in (access_denied).',
      next: [
        'Begin again, and choose to allow it, if you want to go on.',
        'tastytrade also asks for two-factor login: switch it on in your profile.',
      ],
    }
  }
  if (error === 'invalid_scope') {
    return {
      what: 'The application may not ask for this much.',
      why: 'A scope was asked for that the application was not given (invalid_scope).',
      next: ['Tick the scope with the application on the website, or ask for "read" alone.', AGAIN],
    }
  }
  return {
    what: 'tastytrade ended the login.',
    why: `It says: ${printable(error).slice(0, 100)}.`,
    next: ['Check the client ID and the redirect URI of the application.', AGAIN],
  }
}

function explainBlock({ code, details }: EvergrantError, { now }: FailureContext): Explanation | null {
  const until = 'until' in details ? formatMoment(details.until, now) : ''
  if (code === 'ip-block-suspected') {
    return {
      what: 'tastytrade seems to have blocked this address.',
      why: `After too many failed logins it answers nothing for about 8 hours. This block is over at the latest at ${until}.`,
      next: [
        'Wait, and start nothing that logs in from here.',
        `If it lasts longer, write to ${SUPPORT}.`,
        'Then log in again.',
      ],
    }
  }
  if (code === 'login-budget-spent') {
    return {
      what: 'Logins failed too often just now, so nothing was sent.',
      why: 'tastytrade blocks an address for 8 hours after too many failed logins; evergrant stops before that.',
      next: [`Wait until ${until}.`, 'Check the client secret and the refresh token meanwhile.', 'Then log in again.'],
    }
  }
  return null
}

function explainRejection(failure: TokenRequestFailure, context: FailureContext): Explanation | null {
  const { oauthCode = '', description = '' } = failure
  const { environment, redirectUri } = context
  const other = otherEnvironment(environment)
  if (/client secret mismatch/i.test(description)) {
    return {
      what: 'The client secret is not right.',
      why: 'It is wrong, belongs to another application or environment, or was replaced by a new one.',
      next: [
        'Copy it again, whole, from where you kept it.',
        `Lost? Make a new one: ${directions(environment)}. That ends every grant, so make a new refresh token too.`,
        CAREFULLY,
      ],
    }
  }
  if (oauthCode === 'invalid_client' || oauthCode === 'unauthorized_client') {
    return {
      what: 'tastytrade does not know this application.',
      why: `The client ID is wrong, or the application belongs to the ${other} environment (${oauthCode}).`,
      next: [
        `Compare the client ID: ${directions(environment)}.`,
        `Is it for ${other}? Then log in with --env ${other}.`,
        CAREFULLY,
      ],
    }
  }
  if (redirectUri !== undefined && oauthCode === 'invalid_grant') {
    return {
      what: 'The code from the browser was not accepted.',
      why: 'It is good for a minute and for one use, and only with the redirect URI that it was made for.',
      next: [
        'Begin again, and do not wait on the way.',
        `If it happens again: the application must have exactly this redirect URI, without a slash at its end: ${redirectUri}`,
      ],
    }
  }
  if (/invalid jwt/i.test(description)) {
    return {
      what: 'That is not a refresh token.',
      why: 'It was cut off when it was copied, or it is something else, such as the client secret.',
      next: ['Copy the refresh token again, whole; it is long.', `Lost? ${newGrant(environment)}`, CAREFULLY],
    }
  }
  if (oauthCode === 'invalid_grant') {
    return {
      what: 'The refresh token is not valid any more, or not here.',
      why: `It belongs to the ${other} environment, its grant was deleted, or the client secret was made anew since, which ends every grant.`,
      next: [`Is it for ${other}? Then log in with --env ${other}.`, newGrant(environment), CAREFULLY],
    }
  }
  if (oauthCode === 'invalid_request') {
    return {
      what: 'tastytrade turned the login away for now.',
      why: 'It does so at times with logins that are in order, mostly in the sandbox around 9 to 10 in the morning, New York time.',
      next: ['Wait a few minutes.', 'Then try again with the same client secret and refresh token.'],
    }
  }
  return null
}

function explainState({ code, help }: EvergrantError, { environment }: FailureContext): Explanation | null {
  if (code === 'grant-revoked' || code === 'rotation-lost' || code === 'login-expired') {
    return {
      what: 'This refresh token is known to be dead, so nothing was sent.',
      why: 'tastytrade has refused it before. Sending it again would only count as one more failed login.',
      next: [newGrant(environment)],
    }
  }
  if (code === 'client-rejected') {
    return {
      what: 'This client secret is known to be wrong, so nothing was sent.',
      why: 'tastytrade has refused it before, with this refresh token.',
      next: [help],
    }
  }
  if (code === 'edge-refused') {
    return {
      what: 'Something in front of tastytrade refuses this computer.',
      why: 'The refresh token is not in question.',
      next: [help, AGAIN],
    }
  }
  return null
}

function explainTransport({ kind, status, description }: TokenRequestFailure): Explanation | null {
  const fact = [status, description].filter((known) => known !== undefined).join(', ')
  const said = fact === '' ? '' : ` (${printable(fact)})`
  switch (kind) {
    case 'timeout':
      return {
        what: 'tastytrade did not answer in time.',
        why: `The network is slow or down${said}; or, after failed logins, this address is blocked for 8 hours, which looks just so.`,
        next: [
          'Check that other websites open.',
          'Failed logins before? Then wait 8 hours, and try nothing meanwhile.',
          AGAIN,
        ],
      }
    case 'network':
      return {
        what: 'tastytrade cannot be reached.',
        why: `The network, a proxy or a firewall is in the way${said}.`,
        next: ['Check that other websites open.', AGAIN],
      }
    case 'server':
    case 'rate-limited':
      return {
        what: 'tastytrade has trouble of its own just now.',
        why: `The login was not judged at all${said}.`,
        next: ['Wait a few minutes.', 'Then try again with the same client secret and refresh token.'],
      }
    case 'edge':
      return {
        what: 'Something in front of tastytrade refused the login.',
        why: `A proxy or a firewall answered in its place${said}. The refresh token is not in question.`,
        next: ['Switch off a VPN or proxy, if there is one.', AGAIN],
      }
    case 'rejected':
    case 'redirect':
    case 'malformed':
    case 'unknown':
      return null
  }
}

/** What the server said, behind what the session made of it. */
function failureOf(error: unknown): TokenRequestFailure | undefined {
  let one = error
  while (isEvergrantError(one)) {
    if (isEvergrantError(one, 'token-request-failed')) return one.details.failure
    one = one.cause
  }
  return undefined
}
