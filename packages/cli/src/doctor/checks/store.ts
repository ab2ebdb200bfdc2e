import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type ErrorCode, type EvergrantError } from '@evergrant/core'
import { otherEnvironment } from '../../login/website.ts'
import type { CommandError } from '../../output/command-error.ts'
import { endingOf } from '../../output/exit-code.ts'
import { failure, type Finding } from '../finding.ts'

const CAUSES: Readonly<Partial<Record<ErrorCode, string>>> = {
  'store-insecure': 'Whoever can read this file can use the login in it; whoever can replace it, can plant one.',
  'store-corrupt':
    'It was cut off, edited by hand, restored in part, or written by another program, or by a newer evergrant. The ' +
    'refresh token in it may be lost with it.',
  'record-corrupt': 'One entry of it was edited by hand, or restored in part.',
  'record-from-future': 'A newer evergrant, in another program, uses the same store.',
  'wrong-issuer':
    'The account was logged in at another environment, or another server; each has credentials of its own.',
  'store-unavailable': 'The operating system, or another process, does not let this one in.',
}

/** A store that cannot be used: what it said when it was opened, or looked at. */
export function checkStore(error: EvergrantError | CommandError, environment: TastytradeEnvironment): Finding {
  const { code, message, help } = error
  const elsewhere = code === 'wrong-issuer' ? [`Run: evergrant doctor --env ${otherEnvironment(environment)}`] : []
  return failure('store', endingOf(code), {
    title: `${message}.`,
    cause: (isEvergrantError(error) ? CAUSES[error.code] : undefined) ?? 'The store cannot be opened as it is.',
    next: [...elsewhere, help],
    facts: { code },
  })
}
