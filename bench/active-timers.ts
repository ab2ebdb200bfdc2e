import { createHook } from 'node:async_hooks'

/** The timers of this process, those that do not keep it alive included. */
export interface ActiveTimers extends Disposable {
  /** Set since the watch began, and neither fired nor cleared. */
  readonly count: number
}

/** Slows down every promise while it watches, so nothing is timed meanwhile. */
export function watchTimers(): ActiveTimers {
  const active = new Set<number>()
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') active.add(id)
    },
    destroy(id) {
      active.delete(id)
    },
  }).enable()
  return {
    get count() {
      return active.size
    },
    [Symbol.dispose]() {
      hook.disable()
    },
  }
}
