import type { EvergrantError } from '@evergrant/core'
import { isNetworkError } from 'ky'
import { systemCode } from '../http/failure-name.ts'
import { namedTransportError } from '../http/transport-error.ts'

/** What a request through ky has failed of, without ky's own errors, which hold the request. Throws as that does. */
export function transportError(error: unknown, signal: AbortSignal): EvergrantError<'token-request-failed'> {
  return namedTransportError(error, signal, isTransport)
}

/** Not so for a fault in a custom `fetch`, nor for one of Node's argument checks, whose codes begin with `ERR_`. */
function isTransport(error: unknown): boolean {
  const code = systemCode(error)
  return isNetworkError(error) || (code !== undefined && !code.startsWith('ERR_'))
}
