import type { Timeline } from './timeline.ts'

export interface DeadlineOptions {
  /** Time allowed, in ms. */
  readonly ms: number
  /** Makes what the result rejects with when the time is up. An error costs more than the rest, and is seldom needed. */
  readonly reason: () => Error
  /** Ends it sooner, with its own reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs work that is given a signal and raced against it, so that it ends in time even if it does not heed it: what
 * `AbortSignal.timeout` is for the platform's timer, on the clock port.
 */
export async function withDeadline<T>(
  timeline: Timeline,
  { ms, reason, signal }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const bound = new AbortController()
  const follow = () => bound.abort(signal?.reason)
  const alarm = timeline.alarm(timeline.now() + ms, () => bound.abort(reason()))
  const passed = new Promise<never>((_, reject) => {
    bound.signal.addEventListener('abort', () => reject(bound.signal.reason as Error), { once: true })
  })
  signal?.addEventListener('abort', follow)
  try {
    return await Promise.race([work(bound.signal), passed])
  } finally {
    alarm[Symbol.dispose]()
    signal?.removeEventListener('abort', follow)
  }
}
