/** Something that several wait for, and that is looked up once. */
interface SharedFlight<T> {
  /** Joins the look-up under way, or begins one. Rejects as it does, or with the reason of `signal`. */
  get(signal: AbortSignal): Promise<T>
  /** Looks it up anew at the next call. */
  forget(): void
}

interface Flight<T> {
  readonly landed: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * Keeps what was found, and nothing of a failure. One who leaves ends their own wait; the look-up is aborted when the
 * last one has left.
 */
export function sharedFlight<T>(lookUp: (signal: AbortSignal) => Promise<T>): SharedFlight<T> {
  let found: { readonly value: T } | undefined
  let flight: Flight<T> | undefined

  function begin(): Flight<T> {
    const controller = new AbortController()
    const landed = lookUp(controller.signal).then((value) => {
      if (flight === begun) found = { value }
      return value
    })
    const begun: Flight<T> = { landed, controller, waiting: 0 }
    // Everybody may have left before it fails.
    landed.catch(() => undefined)
    return begun
  }

  async function join(joined: Flight<T>, signal: AbortSignal): Promise<T> {
    let leave: (() => void) | undefined
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason as Error)
      signal.addEventListener('abort', leave, { once: true })
    })
    joined.waiting += 1
    try {
      return await Promise.race([joined.landed, left])
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave)
      joined.waiting -= 1
      if (joined.waiting === 0) {
        if (flight === joined) flight = undefined
        joined.controller.abort()
      }
    }
  }

  return {
    async get(signal) {
      signal.throwIfAborted()
      if (found !== undefined) return found.value
      flight ??= begin()
      return join(flight, signal)
    },
    forget() {
      found = undefined
    },
  }
}
