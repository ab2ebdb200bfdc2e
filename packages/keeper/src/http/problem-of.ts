import { isEvergrantError, type EvergrantError } from '@evergrant/core'
import { KeeperError } from '../keeper-error.ts'
import { Problem, type ProblemInput } from './problem.ts'

const POST_NEW = 'POST /api/v1/credentials with new ones mends it; callers need do nothing else.'
/** Ms after which to come again where nothing says when. */
const SOON = 1_000
const LATER = 5_000

/** The problem that an error is to a caller. What nobody foresaw is told by its kind alone: its text may quote anything. */
export function problemOf(error: unknown, now: number, account?: string): Problem {
  if (error instanceof Problem) return error
  if (error instanceof KeeperError) {
    if (error.code === 'key-not-found') return new Problem('key-not-found', { detail: error.message, help: error.help })
    return new Problem('internal')
  }
  if (isEvergrantError(error)) return ofEvergrant(error, now, account)
  if (error instanceof DOMException && error.name === 'AbortError') return new Problem('request-cancelled')
  return new Problem('internal', { detail: error instanceof Error ? error.name : typeof error })
}

function ofEvergrant(error: EvergrantError, now: number, account: string | undefined): Problem {
  const { code, message, help } = error
  const facts: ProblemInput = { detail: message, help, account }
  switch (code) {
    case 'grant-revoked':
    case 'client-rejected':
    case 'rotation-lost':
    case 'login-expired':
      return new Problem(code, { ...facts, help: `${help} ${POST_NEW}` })
    case 'ip-block-suspected':
    case 'edge-refused':
    case 'login-budget-spent':
      return new Problem(code, { ...facts, ...timesOf(error, now) })
    case 'token-unavailable':
    case 'no-progress':
    case 'token-request-failed':
    case 'credentials-unreadable':
      return new Problem('token-unavailable', { ...facts, retryAt: now + LATER, ...timesOf(error, now), reason: code })
    case 'wait-timeout':
    case 'lease-timeout':
      return new Problem('wait-timeout', { ...facts, retryAt: now + SOON, reason: code })
    case 'min-ttl-unreachable':
      // Not core's help, which names an option and not the parameter.
      return new Problem(code, { detail: message, account })
    case 'credentials-missing':
    case 'signed-out':
      return new Problem('account-unknown', { detail: message, account, reason: code })
    case 'disposed':
      return new Problem('draining', { account, retryAt: now + SOON })
    case 'store-unavailable':
    case 'store-conflict':
    case 'lease-lost':
      return new Problem('store-unavailable', { account, retryAt: now + SOON, reason: code })
    case 'store-corrupt':
    case 'store-insecure':
    case 'record-corrupt':
    case 'record-from-future':
    case 'wrong-issuer':
      return new Problem('store-unreadable', { ...facts, reason: code })
    case 'invalid-options':
      return new Problem('invalid-request', { ...facts, reason: code })
    case 'foreign-origin':
    case 'internal':
    case 'store-sharing':
      return new Problem('internal', { account, reason: code })
  }
}

/** What the error says of when to come again, in epoch ms. */
function timesOf({ details }: EvergrantError, now: number): Pick<ProblemInput, 'retryAt' | 'until'> {
  const retryAt = 'retryAt' in details ? (details.retryAt ?? undefined) : undefined
  const until = 'until' in details ? details.until : undefined
  return {
    ...(retryAt === undefined ? {} : { retryAt: Math.max(retryAt, now) }),
    ...(until === undefined ? {} : { until }),
  }
}
