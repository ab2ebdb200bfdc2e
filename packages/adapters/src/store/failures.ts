import { EvergrantError } from '@evergrant/core'

/**
 * A store that cannot do what was asked. Most give no cause, on purpose: what a library or a driver throws may quote what
 * it was to store. An error of the operating system names a path and nothing more.
 */
export function unavailable(
  location: string,
  message: string,
  help: string,
  cause?: unknown,
): EvergrantError<'store-unavailable'> {
  return new EvergrantError('store-unavailable', { message, help, details: { location }, cause })
}

/** What is stored cannot be read; it was left as it is. */
export function corrupt(location: string, message: string, help: string): EvergrantError<'store-corrupt'> {
  return new EvergrantError('store-corrupt', { message, help, details: { location } })
}

/** Others than its owner can get at what is stored. */
export function insecure(location: string, message: string, help: string): EvergrantError<'store-insecure'> {
  return new EvergrantError('store-insecure', { message, help, details: { location } })
}
