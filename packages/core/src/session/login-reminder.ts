import type { LoginDeadline } from '../exchange/outcome.ts'
import type { Timeline } from '../time/timeline.ts'

/** Tells once, ahead of each deadline of a login, that a person has to log in again. */
export interface LoginReminder extends Disposable {
  follow(login: LoginDeadline | null): void
}

/** Servers give deadlines in whole seconds from now, so that one and the same moves a little with each answer. */
const SAME_DEADLINE = 60_000

/** `remind` is called with the deadline, in epoch ms on the session's line. */
export function createLoginReminder(timeline: Timeline, remind: (deadline: number) => void): LoginReminder {
  let followed: LoginDeadline | null = null
  let told = Number.NEGATIVE_INFINITY
  let alarm: Disposable | null = null

  function cancel(): void {
    alarm?.[Symbol.dispose]()
    alarm = null
  }

  return {
    follow(login) {
      if (login?.expiresAt === followed?.expiresAt && login?.remindAt === followed?.remindAt) return
      followed = login
      cancel()
      if (login === null || Math.abs(login.expiresAt - told) < SAME_DEADLINE) return
      alarm = timeline.alarm(login.remindAt, () => {
        alarm = null
        told = login.expiresAt
        remind(login.expiresAt)
      })
    },
    [Symbol.dispose]: cancel,
  }
}
