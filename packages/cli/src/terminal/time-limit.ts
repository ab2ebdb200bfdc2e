import type { Io } from '../io.ts'

/** A signal that aborts with the interrupts, or with a `TimeoutError` after so many ms on the clock. */
export function timeLimit(
  ms: number,
  { clock, interrupts }: Pick<Io, 'clock' | 'interrupts'>,
): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController()
  const alarm = clock.alarm(
    clock.monotonic() + ms,
    () => late.abort(new DOMException(`Not done within ${ms} ms`, 'TimeoutError')),
    { hold: true },
  )
  return {
    signal: AbortSignal.any([interrupts.signal, late.signal]),
    [Symbol.dispose]: () => alarm[Symbol.dispose](),
  }
}
