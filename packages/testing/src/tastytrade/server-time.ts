import { createSystemClock, type Clock } from '@evergrant/core'
import { VirtualClock } from '../virtual-clock.ts'

/** What a fake server needs of a clock. Without alarms, its slow answers wait in real time. */
export interface ServerClock extends Pick<Clock, 'now'>, Partial<Omit<Clock, 'now'>> {}

/** Time as the fake server sees it. */
export interface ServerTime {
  /** Epoch ms. */
  now(): number
  /** Waits; rejects with the reason of the signal if that aborts first. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** A {@link VirtualClock} gives its true time: the skew belongs to the machine under test. */
export function serverTime(given: ServerClock | undefined): ServerTime {
  // Its own, so that the alarms of the server are not among those of the program under test.
  const platform = createSystemClock()
  const clock: ServerClock = given instanceof VirtualClock ? given.server : (given ?? platform)
  const waiting =
    clock.alarm === undefined || clock.monotonic === undefined
      ? platform
      : { monotonic: clock.monotonic.bind(clock), alarm: clock.alarm.bind(clock) }
  return {
    now: () => clock.now(),
    async wait(ms, signal) {
      let alarm: Disposable | undefined
      const passed = new Promise<void>((resolve) => {
        // A client that waits for an answer keeps its process alive.
        alarm = waiting.alarm(waiting.monotonic() + ms, resolve, { hold: true })
      })
      try {
        await Promise.race([passed, silence(signal)])
      } finally {
        alarm?.[Symbol.dispose]()
      }
    },
  }
}

/** Never resolves; rejects with the reason of the signal once the client has left. */
export function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}
