import type { Clock } from '@evergrant/core'
import { nameOf, refused } from './failures.ts'
import { watchHolder } from './holder-watch.ts'
import { nonce } from './nonce.ts'
import { holderOf } from './platform.ts'
import { createRollCall } from './roll-call.ts'

/** A Web Lock in the hands of this tab. */
export interface HeldLock {
  readonly name: string
  /** When this tab heard that it has the lock, on the line of `monotonic()`. */
  readonly since: number
  /** Aborts when another tab has taken the lock away. */
  readonly lost: AbortSignal
  /** Never rejects; a second call does nothing. */
  release(): Promise<void>
}

interface LockOptions {
  /** Ms for which a holder may leave the question unanswered whether it is alive; then the lock is taken away. */
  readonly ttl: number
  /** Ends the wait, with its own reason. */
  readonly signal?: AbortSignal
  /** Why `lost` aborts. */
  readonly lostReason: () => Error
}

export interface Locks {
  /** Rejects with the reason of `signal`, or `store-unavailable` where the browser refuses. */
  acquire(name: string, options: LockOptions): Promise<HeldLock>
  /** Asks the browser whether this tab, and no thief, has the lock at this moment. */
  isHeld(lock: HeldLock): Promise<boolean>
}

/**
 * Exclusive Web Locks. The browser passes on the lock of a tab that is closed or has crashed. It does not pass on that of
 * one that is frozen, or stands in a debugger: such a holder is asked whether it is alive, and its lock stolen once it
 * has kept silent for long enough. It finds `lost` aborted when it wakes.
 */
export function createLocks(manager: LockManager, scope: string, clock: Clock): Locks {
  const rollCall = createRollCall(scope)
  let self: Promise<string | undefined> | undefined

  /** What the browser calls this tab. */
  function whoAmI(): Promise<string | undefined> {
    const name = `${scope}/self/${nonce()}`
    return (self ??= manager
      .request(name, async () => holderOf(await manager.query(), name))
      .catch((error: unknown) => {
        self = undefined
        throw error
      }))
  }

  function acquire(name: string, { ttl, signal, lostReason }: LockOptions): Promise<HeldLock> {
    return new Promise((resolve, reject) => {
      const place = new AbortController()
      let settled = false
      let stealing = false

      function settle(): void {
        settled = true
        watch[Symbol.dispose]()
        signal?.removeEventListener('abort', leave)
      }

      function fail(error: Error): void {
        if (settled) return
        settle()
        reject(error)
      }

      function leave(): void {
        fail(signal?.reason as Error)
        place.abort()
      }

      function request(options: globalThis.LockOptions, wanted: () => boolean): Promise<void> {
        let lose: (() => void) | undefined
        const asked = manager.request(name, options, () => {
          // Too late, or not in this way: it goes back at once.
          if (settled || !wanted()) return undefined
          const lost = new AbortController()
          lose = () => lost.abort(lostReason())
          const presence = rollCall.attend(name)
          return new Promise<void>((end) => {
            settle()
            resolve({
              name,
              since: clock.monotonic(),
              lost: lost.signal,
              async release() {
                presence[Symbol.dispose]()
                lose = undefined
                end()
                await requested
              },
            })
          })
        })
        const requested = asked.catch((error: unknown) => {
          if (lose !== undefined) lose()
          else if (wanted() && nameOf(error) !== 'AbortError') fail(refused(scope, 'take a lock of', error))
        })
        return requested
      }

      async function steal(isSilent: () => Promise<boolean>): Promise<void> {
        // One thief at a time, who looks again: what was watched may have given way to somebody who is alive.
        await manager.request(`${name}/thief`, { ifAvailable: true }, async (guard) => {
          if (guard === null || !(await isSilent()) || settled) return
          stealing = true
          place.abort()
          void request({ steal: true }, () => true)
          // Granted at once; the next query comes after that.
          await manager.query()
        })
      }

      const watch = watchHolder({
        clock,
        ttl,
        rollCall: (answered) => rollCall.listen(name, answered),
        holder: async () => holderOf(await manager.query(), name),
        steal: (isSilent) => steal(isSilent).catch((error: unknown) => fail(refused(scope, 'take a lock of', error))),
      })
      if (signal?.aborted === true) return leave()
      signal?.addEventListener('abort', leave, { once: true })
      void request({ signal: place.signal }, () => !stealing)
    })
  }

  return {
    acquire,
    async isHeld({ name, lost }) {
      const me = await whoAmI()
      return me !== undefined && holderOf(await manager.query(), name) === me && !lost.aborted
    },
  }
}
