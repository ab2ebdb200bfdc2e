import type { Clock, Lease } from '@evergrant/core'
import { leaseLost } from '../store/refusals.ts'

/** What a lease does at the server. */
export interface LeaseHold {
  readonly key: string
  /** Ms. */
  readonly ttl: number
  readonly clock: Clock
  /** When it was asked for, on the monotonic line: the server counts the ttl from a later moment. */
  readonly since: number
  /** Lets the ttl begin anew. False if the lease is not there any more. */
  readonly renew: () => Promise<boolean>
  readonly giveBack: () => Promise<void>
  /** Called once, before anybody else hears that the lease is lost or given back. */
  readonly onEnd: () => void
}

/** Ms after which a renewal that failed is tried again, or a ninth of the ttl if that is shorter. */
const RETRY = 1_000

/**
 * A lease that renews itself every third of its ttl, until it is released or lost. Unlike in `store/` its ttl ends it by
 * our own clock, even after a sleep: the key has expired at the server too, and there is nobody left to ask.
 */
export function holdLease({ key, ttl, clock, since, renew, giveBack, onEnd }: LeaseHold): Lease {
  const lost = new AbortController()
  let over = false
  let releasing: Promise<void> | undefined
  let renewal = clock.alarm(since + ttl / 3, () => void keep())
  let expiry = clock.alarm(since + ttl, lose)

  function stop(): void {
    over = true
    renewal[Symbol.dispose]()
    expiry[Symbol.dispose]()
    onEnd()
  }

  function lose(): void {
    if (over) return
    stop()
    lost.abort(leaseLost(key))
  }

  async function keep(): Promise<void> {
    const at = clock.monotonic()
    let held: boolean
    try {
      held = await renew()
    } catch {
      // A server in trouble may recover, and nobody else gets the lease before its ttl has passed.
      if (!over) renewal = clock.alarm(clock.monotonic() + Math.min(RETRY, ttl / 9), () => void keep())
      return
    }
    if (over) return
    if (!held) {
      lose()
      return
    }
    expiry[Symbol.dispose]()
    expiry = clock.alarm(at + ttl, lose)
    renewal = clock.alarm(at + ttl / 3, () => void keep())
  }

  async function end(): Promise<void> {
    if (over) return
    stop()
    // What could not be given back falls to the next who asks, after its ttl.
    await giveBack().catch(() => undefined)
  }

  return {
    key,
    signal: lost.signal,
    release: () => (releasing ??= end()),
  }
}
