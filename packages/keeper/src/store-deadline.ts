import { EvergrantError, type Clock } from '@evergrant/core'

/** Rejects with `store-unavailable` if the store has not answered after `ms`; what it still does is ignored. */
export function withStoreDeadline<T>(clock: Clock, ms: number, ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const alarm = clock.alarm(clock.monotonic() + ms, () => reject(tooLate(ms)))
    void ask()
      .then(resolve, reject)
      .finally(() => alarm[Symbol.dispose]())
  })
}

function tooLate(ms: number): EvergrantError<'store-unavailable'> {
  return new EvergrantError('store-unavailable', {
    message: `The store did not answer within ${ms} ms`,
    help: 'Try again; look at the store if it goes on.',
    details: { location: 'store' },
  })
}
