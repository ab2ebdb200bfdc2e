import type { Clock } from '@evergrant/core'

/** A clock that knows how many of its alarms are armed. */
export interface CountingClock extends Clock {
  readonly armed: number
}

/** Counts the alarms that are armed through it, apart from all others on the same line of time. */
export function countAlarms(clock: Clock): CountingClock {
  let armed = 0

  return {
    ...clock,
    get armed() {
      return armed
    },
    alarm(at, run) {
      let counted = true
      const disarm = (): void => {
        if (counted) armed -= 1
        counted = false
      }
      const alarm = clock.alarm(at, () => {
        disarm()
        run()
      })
      armed += 1
      return {
        [Symbol.dispose]() {
          disarm()
          alarm[Symbol.dispose]()
        },
      }
    },
  }
}
