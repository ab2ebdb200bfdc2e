import type { Clock } from '@evergrant/core'

interface TurnOptions {
  readonly clock: Clock
  /** Ms, for the wait and the work together. */
  readonly maxWait: number
  /** What the turn rejects with after that time. */
  readonly tooLate: () => Error
}

/**
 * Work of one turn. Calls `begin` before it changes anything; that throws if the turn is over, since whoever was told
 * that a change failed must not see it made later.
 */
export type Work<T> = (begin: () => void) => Promise<T>

/** One piece of work at a time for each key. */
export interface Turns {
  readonly take: <T>(key: string, work: Work<T>, options: TurnOptions) => Promise<T>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()

  function take<T>(key: string, work: Work<T>, { clock, maxWait, tooLate }: TurnOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false
      let changes = false
      let giveWay = (): void => undefined

      const expire = (): void => {
        over = true
        reject(tooLate())
        // A change that has begun may still be made at any time, so nothing may overtake it.
        if (!changes) giveWay()
      }
      const alarm = clock.alarm(clock.monotonic() + maxWait, expire, { hold: true })
      const begin = (): void => {
        if (over) throw tooLate()
        changes = true
      }
      const turn = (): Promise<void> | undefined => {
        if (over) return undefined
        return new Promise((next) => {
          giveWay = next
          work(begin)
            .then(resolve, reject)
            .finally(() => {
              alarm[Symbol.dispose]()
              next()
            })
        })
      }

      const present = (last.get(key) ?? Promise.resolve()).then(turn)
      last.set(key, present)
      const forget = (): void => {
        if (last.get(key) === present) last.delete(key)
      }
      present.then(forget, forget)
    })
  }

  return { take }
}
