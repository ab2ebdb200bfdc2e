import { createAlarmQueue } from '@evergrant/core'
import { createTurnSeries } from '../event-loop.ts'

/** True time, and the one order in which everything happens. */
export interface World {
  /** Epoch ms of true time. */
  readonly now: number
  /** Ms since the beginning. */
  readonly elapsed: number
  /** How many events have happened. */
  readonly steps: number
  /** Runs `run` after so many ms, never synchronously. */
  after(ms: number, run: () => void): Disposable
  /** Runs `run` when the present event, and all that it set off at once, is over. */
  endOfStep(run: () => void): void
  /** Lets events happen until this time, or until nothing is left, or until `stop()`. */
  runUntil(elapsed: number): Promise<void>
  /** Nothing more happens. */
  stop(): void
  readonly stopped: boolean
}

/** Events at one moment, and in all, that are taken for a loop without end: ordinary runs come to some thousands. */
const MOST_AT_ONCE = 20_000
const MOST_EVENTS = 500_000
const BEGINNING = Date.UTC(2026, 2, 2, 14, 30)

export function createWorld(onLoop: (elapsed: number) => void): World {
  const queue = createAlarmQueue()
  const turn = createTurnSeries()
  const stepEnds: (() => void)[] = []
  let elapsed = 0
  let steps = 0
  let stopped = false
  const goesOn = () => !stopped

  async function happen(run: () => void): Promise<void> {
    steps += 1
    run()
    // Everything in a virtual process runs on promises alone, so one turn of the real event loop lets it finish.
    await turn()
    if (stepEnds.length > 0) for (const end of stepEnds.splice(0)) end()
  }

  return {
    get now() {
      return BEGINNING + elapsed
    },
    get elapsed() {
      return elapsed
    },
    get steps() {
      return steps
    },
    get stopped() {
      return stopped
    },
    after: (ms, run) => queue.add(elapsed + Math.max(0, ms), run, false),
    endOfStep: (run) => void stepEnds.push(run),
    async runUntil(target) {
      let atOnce = 0
      while (goesOn()) {
        const next = queue.next()
        if (next === undefined || next > target) break
        atOnce = next > elapsed ? 0 : atOnce + 1
        if (atOnce > MOST_AT_ONCE || steps > MOST_EVENTS) return onLoop(elapsed)
        elapsed = Math.max(elapsed, next)
        const run = queue.take(elapsed)
        if (run !== undefined) await happen(run)
      }
      if (!stopped) elapsed = Math.max(elapsed, target)
    },
    stop() {
      stopped = true
    },
  }
}
