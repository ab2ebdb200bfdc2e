import type { EvergrantError } from '@evergrant/core'
import { systemCode } from '../http/failure-name.ts'
import { namedTransportError } from '../http/transport-error.ts'

// Of Node's argument checks, and of oauth4webapi where it refuses to make a request.
const NOT_THE_NETWORK = /^(?:ERR|OAUTH)_/

/** What a request through oauth4webapi has failed of, by its name alone. Throws as `namedTransportError` does. */
export function transportError(error: unknown, signal: AbortSignal): EvergrantError<'token-request-failed'> {
  return namedTransportError(error, signal, isTransport)
}

/** Every network error of fetch is a TypeError (Fetch standard), with a code behind it or none. */
function isTransport(error: unknown): boolean {
  const code = systemCode(error)
  return code === undefined ? error instanceof TypeError : !NOT_THE_NETWORK.test(code)
}
