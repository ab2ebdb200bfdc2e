import type { TokenRequestFailure, Verdict } from '@evergrant/core'
import { isNothingSent } from '../http/nothing-sent.ts'

/** What a problem of the keeper means for a session whose only credential is an API key. */
export function judgeKeeper(failure: TokenRequestFailure): Verdict | undefined {
  const { kind, status } = failure
  // Silence of a keeper is no sign of a blocked address, and nothing is won by leaving it alone for hours.
  if (kind === 'timeout') return { kind: 'transient' }
  if (kind === 'unknown') {
    return status !== undefined || isNothingSent(failure) ? { kind: 'misconfigured' } : { kind: 'transient' }
  }
  if (kind !== 'rejected') return undefined
  // The key alone is the session's own. Of the grant behind it the keeper decides, and says something else once an operator
  // has mended it: that is asked for again, at the pace of what a person has to mend.
  return status === 401 ? { kind: 'revoked', reason: 'client-rejected' } : { kind: 'misconfigured' }
}
