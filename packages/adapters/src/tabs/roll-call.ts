import { openChannel, type Channel } from './channel.ts'

/** What tabs say to each other about a lock: a question to its holder, or the holder's answer. */
interface Say {
  readonly ask?: string
  readonly here?: string
}

/** Asks whoever holds a lock whether it is alive. */
export interface RollCall {
  /** Answers for a lock from now on, until disposed. */
  attend(lock: string): Disposable
  /** Hears the answers about a lock, until disposed; each `ask()` is one question. */
  listen(lock: string, answered: () => void): Disposable & { readonly ask: () => void }
}

/**
 * A holder that had to show a sign of life by itself would need a timer, and browsers hold back the timers of tabs in the
 * background for a minute and longer. Messages they deliver at once, so a holder need only answer.
 */
export function createRollCall(scope: string): RollCall {
  const attending = new Map<string, number>()
  const listeners = new Set<{ readonly lock: string; readonly answered: () => void }>()
  let channel: Channel<Say> | undefined
  let users = 0

  function hear({ ask, here }: Say): void {
    if (ask !== undefined && attending.has(ask)) say({ here: ask })
    for (const listener of listeners) if (listener.lock === here) listener.answered()
  }

  function say(message: Say): void {
    channel?.post(message)
  }

  /** The channel is open while somebody needs it. */
  function join(leave: () => void): Disposable {
    users += 1
    channel ??= openChannel(`${scope}/locks`, hear)
    let joined = true
    return {
      [Symbol.dispose]() {
        if (!joined) return
        joined = false
        leave()
        users -= 1
        if (users > 0) return
        channel?.[Symbol.dispose]()
        channel = undefined
      },
    }
  }

  return {
    attend(lock) {
      attending.set(lock, (attending.get(lock) ?? 0) + 1)
      return join(() => {
        const left = (attending.get(lock) ?? 0) - 1
        if (left > 0) attending.set(lock, left)
        else attending.delete(lock)
      })
    },
    listen(lock, answered) {
      const listener = { lock, answered }
      listeners.add(listener)
      const membership = join(() => void listeners.delete(listener))
      return { ask: () => say({ ask: lock }), [Symbol.dispose]: () => membership[Symbol.dispose]() }
    },
  }
}
