import type { VirtualClock } from '@evergrant/testing'

/** How fast time passes in the lab. */
export interface Pace {
  readonly running: boolean
  /** Seconds in the lab for one of the person who looks at it. */
  readonly speed: number
  setSpeed(speed: number): void
  run(): void
  pause(): void
  /** Lets so many ms pass, at once. */
  skip(ms: number): Promise<void>
  dispose(): void
}

/** Seconds in the lab for one outside: a token of 15 minutes then lives for 22 s. */
export const SPEEDS = [1, 10, 40, 200, 1_000] as const

/** Ms of real time between two moves: smooth to look at, and little work. */
const FRAME = 50
/** A page in the background gets few frames; it does not catch up. */
const LONGEST_FRAME = 250

/** Moves the clock with real time, or when told. `moved` is called after each move. */
export function createPace(clock: VirtualClock, speed: number, moved: () => Promise<void>): Pace {
  let last = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let over = false

  async function move(ms: number): Promise<void> {
    await clock.advance(ms)
    await moved()
  }

  async function frame(): Promise<void> {
    const now = performance.now()
    const passed = Math.min(now - last, LONGEST_FRAME)
    last = now
    await move(passed * pace.speed)
    if (timer !== null && !over) timer = setTimeout(next, FRAME)
  }

  const next = (): void => void frame().catch(reportError)

  const pace = {
    speed,
    get running() {
      return timer !== null
    },
    setSpeed(speed: number) {
      pace.speed = speed
      void moved()
    },
    run() {
      if (timer !== null || over) return
      last = performance.now()
      timer = setTimeout(next, FRAME)
      void moved()
    },
    pause() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      void moved()
    },
    skip: move,
    dispose() {
      pace.pause()
      over = true
    },
  }
  return pace
}
