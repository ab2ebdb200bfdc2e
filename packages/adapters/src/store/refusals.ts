import { EvergrantError } from '@evergrant/core'

/** A compare-and-set that came too late. */
export function conflict(key: string): EvergrantError<'store-conflict'> {
  return new EvergrantError('store-conflict', {
    message: `The entry ${key} has changed since it was read`,
    help: 'Read it again and decide anew.',
    details: { key },
  })
}

/** A fenced write by somebody whose lease has gone to another, or has run out. */
export function leaseLost(key: string): EvergrantError<'lease-lost'> {
  return new EvergrantError('lease-lost', {
    message: `The lease of ${key} is no longer held`,
    help: 'Nothing to do: whoever holds it now goes on, and its result is picked up from the store.',
    details: { key },
  })
}
