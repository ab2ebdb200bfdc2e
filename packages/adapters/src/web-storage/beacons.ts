import type { Clock } from '@evergrant/core'
import { pause } from '../time/pause.ts'
import type { Area } from './area.ts'

/** Tells other tabs how far an entry has come, faster than Web Storage does. */
export interface Beacons {
  /** Waits until this tab sees what living tabs have written to an entry; gives the count that it has come to. */
  catchUp(key: string): Promise<number>
  /** Shows the count that was just written. Resolves once all tabs can see it. */
  show(key: string, count: number): Promise<void>
}

export interface BeaconsOptions {
  readonly locks: LockManager
  readonly scope: string
  readonly area: Area
  readonly clock: Clock
}

/** Ms for which a write is shown: far longer than any browser takes to carry it to the other tabs. */
const SHOWN_FOR = 10_000
/** Ms to wait for what a beacon shows. Beyond, it was removed behind our back, e.g. by `localStorage.clear()`. */
const PATIENCE = 1_000
const STEP = 5

/**
 * What one tab writes to `localStorage` reaches the processes of other tabs when it does: the HTML standard promises no
 * order between that and a lock which changes hands. So whoever has written holds, for a while, a shared Web Lock whose
 * name says the count of the item, and whoever reads looks at the locks first and waits until its own view is as far.
 */
export function createBeacons({ locks, scope, area, clock }: BeaconsOptions): Beacons {
  const prefix = `${scope}/wrote/`
  const shown = new Map<string, () => void>()

  async function newest(key: string): Promise<number> {
    const { held = [] } = await locks.query()
    const ending = `/${key}`
    const counts = held.flatMap(({ name = '' }) => {
      if (!name.startsWith(prefix) || !name.endsWith(ending)) return []
      const count = Number(name.slice(prefix.length, -ending.length))
      return Number.isSafeInteger(count) ? [count] : []
    })
    return Math.max(0, ...counts)
  }

  return {
    async catchUp(key) {
      const wanted = await newest(key)
      const until = clock.monotonic() + PATIENCE
      for (;;) {
        const count = area.get(key)?.count ?? 0
        if (count >= wanted || clock.monotonic() >= until) return Math.max(count, wanted)
        await pause(clock, STEP)
      }
    },

    show(key, count) {
      return new Promise((visible) => {
        const asked = locks.request(`${prefix}${count}/${key}`, { mode: 'shared' }, () => {
          return new Promise<void>((end) => {
            const alarm = clock.alarm(clock.monotonic() + SHOWN_FOR, hide)
            function hide(): void {
              alarm[Symbol.dispose]()
              if (shown.get(key) === hide) shown.delete(key)
              end()
            }
            shown.get(key)?.()
            shown.set(key, hide)
            visible()
          })
        })
        // A page that is closing gets no lock; what it wrote is written.
        asked.catch(() => visible())
      })
    },
  }
}
