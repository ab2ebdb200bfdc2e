import { tokenRequestError, type EvergrantError } from '@evergrant/core'
import { failureName } from './failure-name.ts'

// undici gives up by itself too, and at tastytrade that is the sign of an address block (docs/protocol.md#limits).
const TIMEOUT_NAMES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])

/**
 * Turns whatever a request threw into an error of evergrant that knows its name and nothing else: what a library throws
 * may hold the request, and with it every secret. Once `signal` has aborted, throws its reason, or a `timeout` for a
 * time-out. `isTransport` says what the network is to blame for, since libraries differ in that.
 */
export function namedTransportError(
  error: unknown,
  signal: AbortSignal,
  isTransport: (error: unknown) => boolean,
): EvergrantError<'token-request-failed'> {
  if (signal.aborted) {
    if (failureName(signal.reason) === 'TimeoutError') return tokenRequestError({ kind: 'timeout' })
    signal.throwIfAborted()
  }
  const description = failureName(error)
  if (TIMEOUT_NAMES.has(description)) return tokenRequestError({ kind: 'timeout', description })
  return tokenRequestError({ kind: isTransport(error) ? 'network' : 'unknown', description })
}
