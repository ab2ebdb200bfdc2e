import type { ServerTime } from './server-time.ts'

export interface LoginGuardOptions {
  /** Failed logins within the window that earn the block; `null` for never. */
  readonly after: number | null
  /** Ms. */
  readonly window: number
  /** Ms. */
  readonly blockFor: number
}

/**
 * Counts failed logins and blocks the address after too many. A blocked address gets no refusal: its requests are
 * dropped (docs/protocol.md#limits).
 */
export interface LoginGuard {
  readonly blocked: boolean
  /** Since the last reset. */
  readonly failedLogins: number
  noteFailure(): void
  /** Blocks now, for `ms`; default the usual time. */
  block(ms?: number): void
  unblock(): void
  resetCount(): void
}

export function createLoginGuard(time: ServerTime, options: LoginGuardOptions): LoginGuard {
  let recent: number[] = []
  let failedLogins = 0
  let blockedUntil = Number.NEGATIVE_INFINITY

  function block(ms = options.blockFor): void {
    blockedUntil = time.now() + ms
    recent = []
  }

  return {
    get blocked() {
      return time.now() < blockedUntil
    },
    get failedLogins() {
      return failedLogins
    },
    noteFailure() {
      failedLogins += 1
      if (options.after === null) return
      const now = time.now()
      recent = recent.filter((at) => now - at < options.window)
      recent.push(now)
      if (recent.length >= options.after) block()
    },
    block,
    unblock() {
      blockedUntil = Number.NEGATIVE_INFINITY
      recent = []
    },
    resetCount() {
      failedLogins = 0
    },
  }
}
