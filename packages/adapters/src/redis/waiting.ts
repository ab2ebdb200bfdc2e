import type { Clock } from '@evergrant/core'

/** Settles as `work` does, or rejects with the reason of `signal` if that aborts first. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

export interface WaitOptions {
  readonly clock: Clock
  /** Ms after which the wait is over anyway. */
  readonly ms: number
  readonly signal: AbortSignal
}

/** Resolves with the event or when the time is up. Keeps the process alive: somebody awaits it. */
export async function waitFor(event: Promise<void>, { clock, ms, signal }: WaitOptions): Promise<void> {
  let alarm: Disposable | undefined
  const passed = new Promise<void>((resolve) => {
    alarm = clock.alarm(clock.monotonic() + ms, resolve, { hold: true })
  })
  try {
    await unlessAborted(Promise.race([event, passed]), signal)
  } finally {
    alarm?.[Symbol.dispose]()
  }
}
