import type { Timeline } from './timeline.ts'

/** A signal that aborts when its time is up, or before that with any of the signals it follows. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
  /** Rejects when the signal aborts, with its reason: to be raced against work that may not heed the signal. */
  readonly passed: Promise<never>
}

/** `AbortSignal.timeout` on the clock port. Dispose it when the work has ended. */
export function createDeadline(
  timeline: Timeline,
  ms: number,
  reason: Error,
  follows: readonly (AbortSignal | undefined)[] = [],
): Deadline {
  const bound = new AbortController()
  const { signal } = bound
  const leads = follows.filter((lead) => lead !== undefined)
  const follow = () => bound.abort(leads.find((lead) => lead.aborted)?.reason)
  const alarm = timeline.alarm(timeline.now() + ms, () => bound.abort(reason))
  const passed = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  // Nobody may be racing it any more when it rejects.
  passed.catch(() => undefined)
  for (const lead of leads) lead.addEventListener('abort', follow, { once: true })
  if (leads.some((lead) => lead.aborted)) follow()
  return {
    signal,
    passed,
    [Symbol.dispose]() {
      alarm[Symbol.dispose]()
      for (const lead of leads) lead.removeEventListener('abort', follow)
    },
  }
}
