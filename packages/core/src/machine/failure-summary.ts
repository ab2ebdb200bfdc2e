import { isEvergrantError, type EvergrantError } from '../errors.ts'
import type { FailureSummary } from './session-status.ts'

/** A failure as status and events show it. */
export function summarize(error: EvergrantError, at: number): FailureSummary {
  const cause: unknown = isEvergrantError(error, 'token-request-failed') ? error : error.cause
  const failure = isEvergrantError(cause, 'token-request-failed') ? cause.details.failure : undefined
  return Object.freeze({
    code: error.code,
    message: error.message,
    help: error.help,
    at,
    ...(failure?.status === undefined ? {} : { status: failure.status }),
    ...(failure?.oauthCode === undefined ? {} : { oauthCode: failure.oauthCode }),
  })
}
