import type { LifecycleFetch } from './server.ts'

/** Requests that have arrived and wait for a decision. */
export interface Gate {
  readonly waiting: number
  /** Holds a request until it is let through; rejects with the reason of the signal if the client leaves first. */
  hold(request: Request, signal: AbortSignal): Promise<Response>
  /** Lets the one through that has waited longest. Throws if none waits. */
  open(pass: LifecycleFetch): void
}

interface Held {
  readonly request: Request
  readonly signal: AbortSignal
  readonly settle: (response: Promise<Response>) => void
}

export function createGate(name: string): Gate {
  const held = new Set<Held>()
  return {
    get waiting() {
      return held.size
    },
    hold(request, signal) {
      signal.throwIfAborted()
      return new Promise((resolve, reject) => {
        const one: Held = { request, signal, settle: resolve }
        held.add(one)
        const leave = (): void => {
          held.delete(one)
          reject(signal.reason as Error)
        }
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    open(pass) {
      const [first] = held
      if (first === undefined) throw new Error(`No ${name} waits for an answer`)
      held.delete(first)
      first.settle(pass(first.request, { signal: first.signal }))
    },
  }
}
