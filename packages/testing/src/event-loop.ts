// Taken once, so that a test runner's fake timers do not stop the loop that drives virtual time.
const soon: (run: () => void) => unknown = globalThis.setImmediate ?? throughPort

// Runtimes without setImmediate.
function throughPort(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener(
    'message',
    () => {
      port1.close()
      run()
    },
    { once: true },
  )
  port1.start()
  port2.postMessage(null)
}

/** Runs `run` in the next turn of the real event loop, when every microtask of this one has run. */
export function inNextTurn(run: () => void): void {
  soon(run)
}

/** How many turns a series asks for at once. */
const TURNS_AHEAD = 64

/**
 * Gives one turn after the other to whoever waits for nothing outside this process. All microtasks of a turn run before the
 * next, but many turns share one round of the event loop: a round costs more than what is done in it. Asked for one at a time.
 */
export function createTurnSeries(): () => Promise<void> {
  let ahead = 0
  let resolveNext: (() => void) | null = null

  const turn = (): void => {
    ahead -= 1
    resolveNext?.()
    resolveNext = null
  }

  return () => {
    for (let missing = ahead === 0 ? TURNS_AHEAD : 0; missing > 0; missing -= 1) {
      ahead += 1
      soon(turn)
    }
    return new Promise((resolve) => (resolveNext = resolve))
  }
}

/** Resolves after so many turns of the real event loop. */
export function eventLoopTurns(turns: number): Promise<void> {
  return new Promise((resolve) => {
    let left = turns
    const turn = (): void => {
      left -= 1
      if (left <= 0) resolve()
      else soon(turn)
    }
    soon(turn)
  })
}

/** What waits for the end of the present turn of the real event loop. */
export interface TurnEnds {
  add(run: () => void): void
  /** Runs all that waits, now. */
  come(): void
}

/** The end comes by itself in the next turn, or before when somebody lets it come. */
export function createTurnEnds(): TurnEnds {
  const waiting: (() => void)[] = []

  function come(): void {
    for (const run of waiting.splice(0)) run()
  }

  return {
    add(run) {
      waiting.push(run)
      if (waiting.length === 1) inNextTurn(come)
    },
    come,
  }
}
