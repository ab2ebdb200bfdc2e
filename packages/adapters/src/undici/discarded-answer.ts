import type { Dispatcher } from 'undici'

/** An answer that nobody reads any more. */
export interface DiscardedAnswer {
  data(chunk: Uint8Array): void
  end(): void
}

// Bytes. A refusal is short; beyond this a new connection costs less.
const LARGEST_REFUSAL = 65_536

/** Reads an answer to its end, so that its connection can be used again; ends it at the signal, or where it is too long. */
export function discardedAnswer(controller: Dispatcher.DispatchController, signal: AbortSignal): DiscardedAnswer {
  let bytes = 0
  const giveUp = (): void => controller.abort(new Error('Nobody reads this answer.'))
  signal.addEventListener('abort', giveUp, { once: true })
  controller.resume()
  return {
    data(chunk) {
      bytes += chunk.byteLength
      if (bytes > LARGEST_REFUSAL) giveUp()
    },
    end() {
      signal.removeEventListener('abort', giveUp)
    },
  }
}
