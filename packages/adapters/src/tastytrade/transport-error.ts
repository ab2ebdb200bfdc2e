import { tokenRequestError, type EvergrantError } from '@evergrant/core'
import { isNetworkError } from 'ky'
import { failureName, systemCode } from '../http/failure-name.ts'

// undici gives up by itself too, and that is the sign of an address block (PROTOCOL.md part 6).
const TIMEOUT_NAMES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])

/**
 * Turns whatever a request threw into an error of evergrant that knows its name and nothing else: ky's own errors hold
 * the request, and with it every secret. Once `signal` has aborted, throws its reason, or a `timeout` for a time-out.
 */
export function transportError(error: unknown, signal: AbortSignal): EvergrantError<'token-request-failed'> {
  if (signal.aborted) {
    if (failureName(signal.reason) === 'TimeoutError') return tokenRequestError({ kind: 'timeout' })
    signal.throwIfAborted()
  }
  const description = failureName(error)
  if (TIMEOUT_NAMES.has(description)) return tokenRequestError({ kind: 'timeout', description })
  return tokenRequestError({ kind: isTransport(error) ? 'network' : 'unknown', description })
}

/** Not so for a fault in a custom `fetch`, nor for one of Node's argument checks, whose codes begin with `ERR_`. */
function isTransport(error: unknown): boolean {
  const code = systemCode(error)
  return isNetworkError(error) || (code !== undefined && !code.startsWith('ERR_'))
}
