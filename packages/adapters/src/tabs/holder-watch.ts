import type { Clock } from '@evergrant/core'

export interface HolderWatchOptions {
  readonly clock: Clock
  /** Ms of silence that are enough. */
  readonly ttl: number
  readonly rollCall: (answered: () => void) => Disposable & { readonly ask: () => void }
  /** Who holds the lock now, or nobody. */
  readonly holder: () => Promise<string | undefined>
  /** Called once the holder has been silent for the ttl; `isSilent` looks whether it is the same one, and still so. */
  readonly steal: (isSilent: () => Promise<boolean>) => Promise<void>
}

/** Looks at a holder in one ttl. */
const LOOKS = 10
/**
 * The part of the ttl that one look adds at most. A longer gap means that this tab slept or stalled, and then the holder
 * may have done so too: it must get its chance to answer first.
 */
const LONGEST_GLANCE = 1 / 4

/**
 * Measures how long the holder of a lock has left our questions unanswered under our own eyes, whatever any wall clock
 * says. The first question comes after the first step: most locks are held for less.
 */
export function watchHolder({ clock, ttl, rollCall, holder, steal }: HolderWatchOptions): Disposable {
  const step = ttl / LOOKS
  let call: ReturnType<typeof rollCall> | undefined
  let watched: string | undefined
  let silence = 0
  let lookedAt = clock.monotonic()
  let ended = false
  let alarm = next()

  function next(): Disposable {
    return clock.alarm(clock.monotonic() + step, () => void look().catch(() => undefined))
  }

  function answered(): void {
    silence = 0
  }

  async function isSilent(): Promise<boolean> {
    const asked = clock.monotonic()
    const now = await holder()
    // An answer that was long on its way says nothing of the present.
    return !ended && silence >= ttl && now === watched && clock.monotonic() - asked < step
  }

  async function look(): Promise<void> {
    try {
      const present = await holder()
      if (ended) return
      call ??= rollCall(answered)
      const now = clock.monotonic()
      if (present === undefined || present !== watched) silence = 0
      else silence += Math.min(now - lookedAt, ttl * LONGEST_GLANCE)
      watched = present
      lookedAt = now
      if (silence >= ttl) {
        await steal(isSilent)
        // Left to somebody else, who is to be watched from the beginning.
        silence = 0
      }
      call.ask()
    } finally {
      if (!ended) alarm = next()
    }
  }

  return {
    [Symbol.dispose]() {
      ended = true
      alarm[Symbol.dispose]()
      call?.[Symbol.dispose]()
    },
  }
}
