import { tokenRequestError, type EvergrantError, type TokenRequestFailure } from '@evergrant/core'

const NOTHING_SENT = 'nothing was sent'

/** For credentials that cannot make a request, so that none is made. */
export function incompleteCredentials(
  missing: 'client secret' | 'refresh token',
): EvergrantError<'token-request-failed'> {
  return tokenRequestError({ kind: 'unknown', description: `the credentials have no ${missing}; ${NOTHING_SENT}` })
}

/** True for the failure of {@link incompleteCredentials}: it stays so until the credentials change. */
export function isIncomplete({ kind, status, description }: TokenRequestFailure): boolean {
  return kind === 'unknown' && status === undefined && (description?.endsWith(NOTHING_SENT) ?? false)
}
