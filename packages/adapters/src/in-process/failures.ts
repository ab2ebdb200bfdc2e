import { EvergrantError } from '@evergrant/core'

// Without a cause, on purpose: what a library or a driver throws may quote what it was to store.

export function unavailable(location: string, message: string, help: string): EvergrantError<'store-unavailable'> {
  return new EvergrantError('store-unavailable', { message, help, details: { location } })
}

export function corrupt(location: string, message: string, help: string): EvergrantError<'store-corrupt'> {
  return new EvergrantError('store-corrupt', { message, help, details: { location } })
}
