import type { Io } from '../io.ts'
import { timeLimit } from '../terminal/time-limit.ts'

/** What became of a step; `late` if it did not end in time. */
export type Bounded<T> = { readonly type: 'done'; readonly value: T } | { readonly type: 'late' }

/**
 * Runs a step for so many ms at most, whether it heeds the signal or not: a disk or a server that hangs must not hang the
 * doctor. Rejects with what the step rejects with, and with the interrupt.
 */
export async function bounded<T>(
  ms: number,
  io: Pick<Io, 'clock' | 'interrupts'>,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Bounded<T>> {
  using limit = timeLimit(ms, io)
  const { signal } = limit
  const late = new Promise<Bounded<T>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ type: 'late' }), { once: true })
  })
  try {
    io.interrupts.signal.throwIfAborted()
    const ended = await Promise.race([run(signal).then((value) => ({ type: 'done', value }) as const), late])
    io.interrupts.signal.throwIfAborted()
    return ended
  } catch (error) {
    io.interrupts.signal.throwIfAborted()
    if (signal.aborted) return { type: 'late' }
    throw error
  }
}
