import type { Clock, Lease } from '@evergrant/core'
import { leaseLost } from '../store/refusals.ts'

/** What a lease does at the store. */
export interface LeaseHold {
  readonly key: string
  /** Ms. */
  readonly ttl: number
  readonly clock: Clock
  /** Shows a sign of life. False if the lease is somebody else's by now. */
  readonly renew: () => Promise<boolean>
  readonly giveBack: () => Promise<void>
}

/**
 * A lease that renews itself every third of its ttl, until it is released or lost. Unlike in `store/` no alarm ends it
 * during a renewal, whose wait for the lock is bounded, and it has no `held`, since each write looks into the file itself.
 */
export function holdLease({ key, ttl, clock, renew, giveBack }: LeaseHold): Lease {
  const lost = new AbortController()
  let renewedAt = clock.monotonic()
  let releasing: Promise<void> | undefined
  let alarm = setAlarm()

  function setAlarm(): Disposable {
    return clock.alarm(clock.monotonic() + ttl / 3, () => void keep())
  }

  async function keep(): Promise<void> {
    const at = clock.monotonic()
    let held: boolean
    try {
      // The file decides, not the time: after a sleep longer than the ttl the lease is still ours if nobody took it.
      held = await renew()
      if (held) renewedAt = at
    } catch {
      // Nobody takes a lease before its ttl has passed, so a store in trouble may recover until then.
      held = clock.monotonic() - renewedAt < ttl
    }
    if (releasing !== undefined) return
    if (held) alarm = setAlarm()
    else lost.abort(leaseLost(key))
  }

  async function end(): Promise<void> {
    alarm[Symbol.dispose]()
    // What could not be given back falls to the next who asks, after its ttl.
    await giveBack().catch(() => undefined)
  }

  return {
    key,
    signal: lost.signal,
    release: () => (releasing ??= end()),
  }
}
