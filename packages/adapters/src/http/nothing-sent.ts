import { tokenRequestError, type EvergrantError, type TokenRequestFailure } from '@evergrant/core'

const NOTHING_SENT = 'nothing was sent'

/** For what cannot become a request, so that none is made. */
export function nothingSent(problem: string): EvergrantError<'token-request-failed'> {
  return tokenRequestError({ kind: 'unknown', description: `${problem}; ${NOTHING_SENT}` })
}

/** True for the failure of {@link nothingSent}: it stays so until somebody changes something. */
export function isNothingSent({ kind, status, description }: TokenRequestFailure): boolean {
  return kind === 'unknown' && status === undefined && (description?.endsWith(NOTHING_SENT) ?? false)
}
