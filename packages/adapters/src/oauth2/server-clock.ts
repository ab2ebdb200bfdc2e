import type { Clock } from '@evergrant/core'
import { serverDate } from '../http/server-time.ts'

/** Ms by which a clock may be off before that explains a refusal: a `Date` header has whole seconds, and takes its time. */
export const CLOCK_TOLERANCE = 5_000

/** The server's time, for what is signed: a server refuses an assertion or a proof that a wrong clock has dated. */
export interface ServerClock {
  /** Epoch ms. */
  now(): number
  /** Ms by which the server is ahead of this machine's wall clock, by its last answer. */
  readonly offset: number
  observe(headers: Headers): void
}

export function createServerClock(clock: Clock): ServerClock {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    get offset() {
      return offset
    },
    observe(headers) {
      const date = serverDate(headers)
      if (date !== undefined) offset = date - clock.now()
    },
  }
}
