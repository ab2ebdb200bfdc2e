/** Runs what moves virtual time, one move after the other, and keeps what its alarms threw until the move is over. */
export interface Drive {
  /** True while a move is under way. */
  readonly active: boolean
  run(move: () => Promise<void>): Promise<void>
  /** Notes what an alarm threw. */
  failed(error: unknown): void
  /** Throws what was noted, if anything. */
  rethrow(): void
}

/** Moves never overlap: each would move time under the other. */
export function createDrive(): Drive {
  const failures: unknown[] = []
  let active = false
  let last: Promise<void> = Promise.resolve()

  function rethrow(): void {
    const thrown = failures.splice(0)
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} alarms threw`)
    if (thrown.length === 1) throw thrown[0]
  }

  async function after(previous: Promise<void>, move: () => Promise<void>): Promise<void> {
    await previous
    active = true
    try {
      await move()
    } finally {
      active = false
      // What an alarm threw is the likelier cause, so it goes before what stopped the move.
      rethrow()
    }
  }

  return {
    get active() {
      return active
    },
    run(move) {
      const drive = after(last, move)
      last = drive.catch(() => undefined)
      return drive
    },
    failed(error) {
      failures.push(error)
    },
    rethrow,
  }
}
