import type { Clock } from '@evergrant/core'

/**
 * Resolves after `ms`; rejects with the reason of `signal` if that aborts first. Keeps the process alive: somebody
 * awaits it.
 */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const abort = (): void => {
      alarm[Symbol.dispose]()
      reject(signal?.reason as Error)
    }
    const ring = (): void => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const alarm = clock.alarm(clock.monotonic() + ms, ring, { hold: true })
    signal?.addEventListener('abort', abort, { once: true })
  })
}
