import { gaveUp } from './durations.ts'
import { eventLoopTurns } from './event-loop.ts'

/** What virtual time waits for: the turns of the real event loop, and work on files, sockets and worker threads. */
export interface RealWork {
  /** Counts as under way until it has settled; gives what it gives. */
  follow<T>(work: Promise<T>): Promise<T>
  /** What was set off in this process finishes, and what is under way outside with it, at most 10 s of real time. */
  quiet(): Promise<void>
  /** Settles again and again until the condition holds; after 10 s of real time it rejects with `wait-timeout`. */
  until(condition: () => boolean | Promise<boolean>, settle: () => Promise<void>): Promise<void>
}

// Promise chains and in-process fetch handlers need one turn; the others are for code that takes a turn of its own.
const TURNS_TO_SETTLE = 3
// Real ms, for what only the real event loop can finish.
const PATIENCE = 10_000
// What is not there after so many looks needs the disk, the network or another process: those get the processor.
const LOOKS_IN_A_ROW = 20
const REST = 1
const LOOK_AGAIN = 20

// Taken once, so that a test runner's fake timers do not stop what waits for real work.
type Timer = ReturnType<typeof setTimeout>
const later: (run: () => void, ms: number) => Timer = globalThis.setTimeout
const forget: (timer: Timer) => void = globalThis.clearTimeout

/** Reads the real clock, on purpose: what it waits for takes no virtual time. */
export function createRealWork(): RealWork {
  let underWay = 0
  const waiting = new Set<() => void>()

  const isBusy = (): boolean => underWay > 0

  function oneSettled(): void {
    underWay -= 1
    for (const goOn of waiting) goOn()
  }

  /** Resolves when something of what is under way has settled, or it is time to look whether patience is at its end. */
  function nextSettled(): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        forget(timer)
        waiting.delete(goOn)
        resolve()
      }
      const timer = later(goOn, LOOK_AGAIN)
      waiting.add(goOn)
    })
  }

  return {
    async follow(work) {
      underWay += 1
      try {
        return await work
      } finally {
        oneSettled()
      }
    },
    async quiet() {
      await eventLoopTurns(TURNS_TO_SETTLE)
      if (!isBusy()) return
      const start = performance.now()
      while (isBusy() && performance.now() - start < PATIENCE) {
        await nextSettled()
        await eventLoopTurns(TURNS_TO_SETTLE)
      }
    },
    async until(condition, settle) {
      const start = performance.now()
      await settle()
      for (let looks = 1; !(await condition()); looks += 1) {
        const waited = performance.now() - start
        if (waited > PATIENCE) throw gaveUp('the real event loop did not bring it about', waited)
        if (looks > LOOKS_IN_A_ROW) await new Promise<void>((resolve) => later(resolve, REST))
        await settle()
      }
    },
  }
}
