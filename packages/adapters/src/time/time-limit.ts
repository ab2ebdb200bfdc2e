import { tokenRequestError, type Clock } from '@evergrant/core'

interface TimeLimit {
  readonly clock: Clock
  readonly ms: number
  /** Ends the work sooner, with its own reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs work that heeds the signal it is given, and aborts it when the time is up: then it rejects as a request that timed
 * out. The process stays alive meanwhile, since somebody awaits it.
 */
export async function withTimeLimit<T>(
  { clock, ms, signal }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const bound = new AbortController()
  const follow = () => bound.abort(signal?.reason)
  const late = () => bound.abort(tokenRequestError({ kind: 'timeout' }))
  const alarm = clock.alarm(clock.monotonic() + ms, late, { hold: true })
  const aborted = new Promise<never>((_, reject) => {
    bound.signal.addEventListener('abort', () => reject(bound.signal.reason as Error), { once: true })
  })
  signal?.addEventListener('abort', follow, { once: true })
  try {
    // A fetch of somebody's own may not heed its signal.
    return await Promise.race([work(bound.signal), aborted])
  } finally {
    alarm[Symbol.dispose]()
    signal?.removeEventListener('abort', follow)
  }
}
