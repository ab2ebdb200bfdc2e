import type { Clock } from '@evergrant/core'

/** Wakes one who waits. */
export interface Bell {
  /** Ends the present wait, or else the next one before it begins. */
  ring(): void
  /** Resolves at the next ring, or after `ms`; rejects with the reason of `signal` if that aborts first. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function createBell(clock: Clock): Bell {
  let rung = false
  let wake: (() => void) | undefined

  return {
    ring() {
      rung = true
      wake?.()
    },
    async wait(ms, signal) {
      signal.throwIfAborted()
      if (!rung) await until(ms, signal)
      rung = false
      signal.throwIfAborted()
    },
  }

  function until(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      // Keeps the process alive: somebody awaits it.
      const alarm = clock.alarm(clock.monotonic() + ms, () => wake?.(), { hold: true })
      wake = () => {
        wake = undefined
        alarm[Symbol.dispose]()
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => wake?.()
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
