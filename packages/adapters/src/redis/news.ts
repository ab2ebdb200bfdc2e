import type { Clock } from '@evergrant/core'
import { bounded } from './bounded.ts'
import type { RedisConnection, Source } from './connection.ts'
import { tooLate } from './failures.ts'

/** What is announced at the server. The connection for it is open while somebody listens. */
export interface News {
  /**
   * Calls `heard` after each announcement, never synchronously; and whenever the connection has been made, since what
   * was announced before is lost. Does not keep the process alive.
   */
  listen(news: string, heard: () => void): Disposable
  /** Ends everything. Whoever listens hears nothing more. */
  close(): void
}

export interface NewsOptions extends Source {
  readonly channel: string
  readonly clock: Clock
  /** Ms for each step of connecting. */
  readonly timeout: number
}

/** Ms before the first try to connect again; each further pause is twice as long. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000
/** Ms between two looks whether the server still answers: a connection may die without a word. */
const HEARTBEAT = 15_000

interface Listener {
  readonly heard: () => void
}

export function createNews({ open, location, channel, clock, timeout }: NewsOptions): News {
  const listeners = new Map<string, Set<Listener>>()
  let present: RedisConnection | null = null
  let alarm: Disposable | undefined
  let pause = FIRST_PAUSE
  let closed = false

  function tell(news: string): void {
    const told = listeners.get(news)
    for (const listener of told ?? []) {
      // On its own, so that one listener that throws keeps nothing from the others.
      queueMicrotask(() => {
        if (told?.has(listener) === true) listener.heard()
      })
    }
  }

  function after(ms: number, run: () => void): void {
    alarm = clock.alarm(clock.monotonic() + ms, () => {
      alarm = undefined
      run()
    })
  }

  function inTime<T>(work: Promise<T>): Promise<T> {
    return bounded({ clock, ms: timeout, hold: false, late: () => tooLate(location, timeout) }, work)
  }

  function connect(): void {
    const connection = open()
    present = connection
    connection.unref()
    connection.on('error', () => lose(connection))
    void keepUp(connection)
  }

  async function keepUp(connection: RedisConnection): Promise<void> {
    try {
      await inTime(connection.connect().then(() => connection.subscribe(channel, tell)))
      follow(connection)
    } catch {
      lose(connection)
    }
  }

  function follow(connection: RedisConnection): void {
    if (present !== connection) return
    pause = FIRST_PAUSE
    for (const news of listeners.keys()) tell(news)
    after(HEARTBEAT, () => void beat(connection))
  }

  async function beat(connection: RedisConnection): Promise<void> {
    try {
      await inTime(connection.sendCommand(['PING']))
      if (present === connection) after(HEARTBEAT, () => void beat(connection))
    } catch {
      lose(connection)
    }
  }

  function lose(connection: RedisConnection): void {
    if (present !== connection) return
    present = null
    connection.destroy()
    alarm?.[Symbol.dispose]()
    after(pause, connect)
    pause = Math.min(2 * pause, LONGEST_PAUSE)
  }

  function end(): void {
    alarm?.[Symbol.dispose]()
    alarm = undefined
    const connection = present
    present = null
    connection?.destroy()
  }

  return {
    listen(news, heard) {
      const listener: Listener = { heard }
      const others = listeners.get(news) ?? new Set()
      listeners.set(news, others.add(listener))
      if (!closed && present === null && alarm === undefined) connect()
      return {
        [Symbol.dispose]() {
          others.delete(listener)
          if (others.size === 0 && listeners.get(news) === others) listeners.delete(news)
          if (listeners.size === 0) end()
        },
      }
    },
    close() {
      closed = true
      for (const told of listeners.values()) told.clear()
      listeners.clear()
      end()
    },
  }
}
