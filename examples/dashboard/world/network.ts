import type { FetchFunction } from '@evergrant/adapters/fetch'
import type { Clock } from '@evergrant/core'

/** Ms from here to the server, and as long back. */
const LATENCY = 120

/** A way to the server that takes time, so that one can see who waits. It heeds the signal all along. */
export function throughNetwork(fetch: FetchFunction, clock: Clock): FetchFunction {
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    await underWay(clock, signal)
    const response = await fetch(input, init)
    await underWay(clock, signal)
    return response
  }
}

function underWay(clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const arrival = clock.alarm(clock.monotonic() + LATENCY, () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    })
    function leave(): void {
      arrival[Symbol.dispose]()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', leave, { once: true })
  })
}
