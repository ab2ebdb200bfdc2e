import type { Clock } from '@evergrant/core'

export interface Bound {
  readonly clock: Clock
  /** Ms. */
  readonly ms: number
  /** True keeps the process alive meanwhile, as sockets here do not: for what somebody awaits. */
  readonly hold: boolean
  /** Makes what the result rejects with when the time is up. */
  readonly late: () => Error
}

/** Settles as `work` does, or rejects when the time is up, whatever becomes of `work` then. */
export async function bounded<T>({ clock, ms, hold, late }: Bound, work: Promise<T>): Promise<T> {
  let alarm: Disposable | undefined
  const passed = new Promise<never>((_, reject) => {
    alarm = clock.alarm(clock.monotonic() + ms, () => reject(late()), { hold })
  })
  try {
    return await Promise.race([work, passed])
  } finally {
    alarm?.[Symbol.dispose]()
  }
}
