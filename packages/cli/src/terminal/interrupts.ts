/** What a person, a terminal that closes, or an operating system that shuts down sends to a process. */
export type InterruptName = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE'

/** 128 and the number of the signal, as shells count. */
const EXIT_CODES: Readonly<Record<InterruptName, number>> = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 }

/** Why a command was ended from outside: the reason of {@link Interrupts.signal}. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly by: InterruptName

  constructor(by: InterruptName) {
    super(`Ended by ${by}`)
    this.by = by
  }

  get exitCode(): number {
    return EXIT_CODES[this.by]
  }
}

export interface Interrupts {
  /** Aborts at the first interrupt, with {@link Interrupted}. */
  readonly signal: AbortSignal
  /** Until it is disposed, the listener gets the interrupts in place of {@link Interrupts.signal}. */
  divert(listener: (name: InterruptName) => void): Disposable
}

/** Interrupts, and how to raise one; `raise` says whether it was the first to abort the signal. */
export function createInterrupts(): Interrupts & { raise(name: InterruptName): boolean } {
  const stop = new AbortController()
  const listeners: ((name: InterruptName) => void)[] = []

  return {
    signal: stop.signal,
    divert(listener) {
      listeners.push(listener)
      return {
        [Symbol.dispose]() {
          const place = listeners.indexOf(listener)
          if (place >= 0) listeners.splice(place, 1)
        },
      }
    },
    raise(name) {
      const listener = listeners.at(-1)
      if (listener !== undefined) {
        listener(name)
        return true
      }
      if (stop.signal.aborted) return false
      stop.abort(new Interrupted(name))
      return true
    },
  }
}
