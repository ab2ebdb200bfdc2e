import { tokenRequestError, type EvergrantError } from '@evergrant/core'
import { failureName, systemCode } from '../http/failure-name.ts'

// undici gives up by itself too.
const TIMEOUT_NAMES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])
// Of Node's argument checks, and of oauth4webapi where it refuses to make a request.
const NOT_THE_NETWORK = /^(?:ERR|OAUTH)_/

/**
 * Turns whatever a request threw into an error of evergrant that knows its name and nothing else: what a library throws
 * may hold the request, and with it every secret. Once `signal` has aborted, throws its reason, or a `timeout` for a
 * time-out.
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

/** Every network error of fetch is a TypeError (Fetch standard), with a code behind it or none. */
function isTransport(error: unknown): boolean {
  const code = systemCode(error)
  return code === undefined ? error instanceof TypeError : !NOT_THE_NETWORK.test(code)
}
