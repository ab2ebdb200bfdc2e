import { systemClock } from '@evergrant/core'
import type { Io } from '../io.ts'
import { createInterrupts, Interrupted } from './interrupts.ts'

/** A second signal within this many ms is the first one again: shells and npm pass on what the terminal sent to all. */
const SAME_INTERRUPT = 500

/**
 * The process as {@link Io}. The first Ctrl-C lets a command end what it has begun; one more ends the process at once.
 * A reader that has gone (`evergrant accounts | head -1`) ends it too.
 */
export function processIo(): Io {
  const interrupts = createInterrupts()
  let interruptedAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = systemClock.monotonic()
      if (interrupts.raise(name)) interruptedAt = now
      else if (now - interruptedAt > SAME_INTERRUPT) process.exit(new Interrupted(name).exitCode)
    })
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => void interrupts.raise('SIGPIPE'))
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    interrupts,
    clock: systemClock,
  }
}
