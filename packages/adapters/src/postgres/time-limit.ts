import type { Clock } from '@evergrant/core'

export interface TimeLimitOptions {
  readonly clock: Clock
  readonly ms: number
  /** Makes what a race rejects with when the time is up. */
  readonly reason: () => Error
}

/** One bound for several steps. */
export interface TimeLimit extends Disposable {
  /** Waits for a step no longer than until the time is up; what it gives after that goes to `late`. */
  race<T>(step: Promise<T>, late?: (value: T) => void): Promise<T>
}

/** Keeps the process alive until it is disposed: somebody awaits what it bounds. */
export function createTimeLimit({ clock, ms, reason }: TimeLimitOptions): TimeLimit {
  let expire: (error: Error) => void
  const passed = new Promise<never>((_, reject) => (expire = reject))
  // Nobody may be racing when the time is up.
  passed.catch(() => undefined)
  let over = false
  const alarm = clock.alarm(
    clock.monotonic() + ms,
    () => {
      over = true
      expire(reason())
    },
    { hold: true },
  )
  return {
    race(step, late) {
      step.then(
        (value) => (over ? late?.(value) : undefined),
        () => undefined,
      )
      return Promise.race([passed, step])
    },
    [Symbol.dispose]: () => alarm[Symbol.dispose](),
  }
}
