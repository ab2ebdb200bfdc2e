import { EvergrantError, invalidOptions, type Clock } from '@evergrant/core'

export interface Bound {
  readonly clock: Clock
  /** Ms. */
  readonly maxWait: number
  /** Each ends it sooner, with its own reason. */
  readonly signals: readonly (AbortSignal | undefined)[]
  /** Why it is not done yet, for the error. */
  readonly standing: () => { readonly message: string; readonly help: string } | null
}

/** Gives work a signal, and waits for it no longer than allowed. Keeps the process alive meanwhile. */
export async function within<T>(bound: Bound, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, maxWait, signals, standing } = bound
  if (!Number.isFinite(maxWait) || maxWait < 0) throw invalidOptions('maxWait', 'is not a time', 'Give it in ms.')
  for (const signal of signals) signal?.throwIfAborted()

  const limit = new AbortController()
  const ended = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true })
  })
  const follow = (event: Event): void => limit.abort((event.target as AbortSignal).reason)
  for (const signal of signals) signal?.addEventListener('abort', follow)
  const alarm = clock.alarm(clock.monotonic() + maxWait, () => limit.abort(late(maxWait, standing())), { hold: true })
  try {
    return await Promise.race([work(limit.signal), ended])
  } finally {
    alarm[Symbol.dispose]()
    for (const signal of signals) signal?.removeEventListener('abort', follow)
  }
}

function late(waited: number, why: ReturnType<Bound['standing']>): EvergrantError<'wait-timeout'> {
  return new EvergrantError('wait-timeout', {
    message: `The socket could not do it within ${waited} ms${why === null ? '' : `: ${why.message}`}`,
    help: why?.help ?? 'Ask again later, or allow more time with maxWait. The socket goes on trying by itself.',
    details: { waited },
  })
}
