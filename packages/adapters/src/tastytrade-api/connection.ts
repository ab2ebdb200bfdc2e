import { isDisposed, type Clock } from '@evergrant/core'
import { createReconnectWaits } from '../streamer/reconnect-waits.ts'
import { pause } from '../time/pause.ts'
import type { StreamerPart } from './parts.ts'

export interface ConnectionOptions {
  readonly clock: Clock
  readonly random: () => number
}

/** The streamer's connection, which comes back until the program stops it. */
export interface Connection extends Disposable {
  start(): Promise<boolean>
  stop(): void
  /** Drops the connection for another one. */
  renew(): void
  /** The server answers as it should: the next wait is a short one again. */
  proved(): void
}

/** Ms. */
const CONNECT_LIMIT = 15_000
const CONNECTING = 0

/** Gives `subscribe` each connection that came about; `dropped` hears of each that ended. */
export function keepConnection(
  streamer: StreamerPart,
  { clock, random }: ConnectionOptions,
  { subscribe, dropped }: { readonly subscribe: () => Promise<void>; readonly dropped: () => void },
): Connection {
  const start = streamer.start.bind(streamer)
  const stop = streamer.stop.bind(streamer)
  let wanted = false
  const waits = createReconnectWaits(random)
  let returning: AbortController | null = null

  function close(): void {
    // The SDK takes its listeners off, and a socket that is closed while it connects emits an error that none hears.
    if (streamer.websocket?.readyState === CONNECTING) streamer.websocket.addEventListener('error', () => undefined)
    stop()
  }

  function giveUp(): void {
    wanted = false
    returning?.abort()
    returning = null
  }

  async function open(signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const limit = pause(clock, CONNECT_LIMIT, AbortSignal.any([signal, over.signal])).then(() => {
      throw new DOMException('The streamer does not answer', 'TimeoutError')
    })
    try {
      await Promise.race([start(), limit])
    } finally {
      over.abort()
    }
  }

  async function comeBack(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(clock, waits.next(), signal)
      try {
        await open(signal)
        await subscribe()
        if (streamer.isOpen) return
      } catch (error) {
        if (signal.aborted) return
        close()
        if (isDisposed(error)) giveUp()
      }
    }
  }

  const unobserve = streamer.addStreamerStateObserver(() => {
    if (streamer.isOpen) return
    dropped()
    if (!wanted || returning !== null) return
    const mine = new AbortController()
    returning = mine
    comeBack(mine.signal)
      // Only the end of a pause.
      .catch(() => undefined)
      .finally(() => {
        if (returning === mine) returning = null
      })
  })

  return {
    async start() {
      returning?.abort()
      returning = null
      const opened = await start()
      wanted = true
      try {
        await subscribe()
      } catch (error) {
        giveUp()
        close()
        throw error
      }
      return opened
    },
    stop() {
      giveUp()
      close()
    },
    renew: () => close(),
    proved: () => waits.reset(),
    [Symbol.dispose]() {
      giveUp()
      unobserve()
    },
  }
}
