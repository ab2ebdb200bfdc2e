import type { Clock, Lease } from '@evergrant/core'
import { leaseLost } from './refusals.ts'

/** What a lease does on the server. */
export interface LeaseHold {
  readonly key: string
  /** Ms. */
  readonly ttl: number
  readonly clock: Clock
  /** When the lease was asked for, on the line of `monotonic()`: it began no sooner. */
  readonly askedAt: number
  /** False if the lease is somebody else's by now. */
  readonly renew: () => Promise<boolean>
  readonly giveBack: () => Promise<void>
}

/** A lease that renews itself every third of its ttl, until it is released or lost. */
export interface HeldLease extends Lease {
  /** False once it was released or lost: it fences nothing any more. */
  readonly held: boolean
  /** Gives it up on behalf of the holder, who is told that it is lost. */
  revoke(): Promise<void>
}

/** In this part of the ttl a server in trouble is asked again. */
const RETRY_SHARE = 1 / 6

/**
 * Has `held` and `revoke`, which `file/` needs not, since these stores can be closed. Found past its ttl after a sleep it
 * asks once more, which `redis/` does not, since a row outlives its ttl.
 */
export function holdLease({ key, ttl, clock, askedAt, renew, giveBack }: LeaseHold): HeldLease {
  const lost = new AbortController()
  let renewedAt = askedAt
  let failing = false
  let releasing: Promise<void> | undefined
  let alarm = clock.alarm(askedAt + ttl / 3, () => void keep())

  function isHeld(): boolean {
    return releasing === undefined && !lost.signal.aborted
  }

  function lose(): void {
    if (isHeld()) lost.abort(leaseLost(key))
  }

  async function keep(): Promise<void> {
    const at = clock.monotonic()
    // From then on somebody else may have it. Found past it without a failure, this process slept: the lease is still
    // ours if nobody took it, and the server knows.
    const end = renewedAt + ttl
    if (failing && at >= end) return lose()
    if (at < end) alarm = clock.alarm(end, lose)
    let held = true
    try {
      held = await renew()
      failing = false
    } catch {
      failing = true
    }
    alarm[Symbol.dispose]()
    if (!isHeld()) return
    if (!held) return lose()
    if (!failing) renewedAt = at
    const next = failing ? Math.min(clock.monotonic() + ttl * RETRY_SHARE, end) : at + ttl / 3
    alarm = clock.alarm(next, () => void keep())
  }

  async function end(): Promise<void> {
    alarm[Symbol.dispose]()
    // What could not be given back falls to the next who asks, after its ttl.
    await giveBack().catch(() => undefined)
  }

  function release(): Promise<void> {
    return (releasing ??= end())
  }

  return {
    key,
    signal: lost.signal,
    get held() {
      return isHeld()
    },
    release,
    revoke() {
      lose()
      return release()
    },
  }
}
