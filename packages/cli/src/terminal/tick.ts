import type { Clock } from '@evergrant/core'

/** Waits on the clock; resolves early, without an error, once the signal aborts. */
export function tick(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      alarm[Symbol.dispose]()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const alarm = clock.alarm(clock.monotonic() + ms, end, { hold: true })
    signal.addEventListener('abort', end)
  })
}
