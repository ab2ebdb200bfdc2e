import type { Clock } from '@evergrant/core'
import { escapeIdentifier, type Client } from 'pg'

export interface ListenerOptions {
  readonly channel: string
  /** Makes a connection, which is not open yet. */
  readonly createClient: () => Client
  readonly clock: Clock
  /** Ms for the other side to agree to the end of a connection. */
  readonly timeout: number
}

/** Hears what is announced on a channel, over one connection that is there while somebody wants to hear. */
export interface Listener {
  /**
   * Calls `heard` after each word on the topic, never synchronously; and once when the connection is made or made anew,
   * since what was said before that is lost.
   */
  listen(topic: string, heard: () => void): Disposable
  /** Closes the connection, and waits until it is closed. Nobody hears anything after that. */
  end(): Promise<void>
}

interface Ear {
  readonly heard: () => void
  open: boolean
}

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 10_000

export function createListener({ channel, createClient, clock, timeout }: ListenerOptions): Listener {
  const ears = new Map<string, Set<Ear>>()
  const closing = new Set<Promise<void>>()
  let client: Client | undefined
  let retry: Disposable | undefined
  let pause = FIRST_PAUSE
  let ended = false

  function ring(topic: string): void {
    for (const ear of ears.get(topic) ?? []) {
      // Each on its own, so that one that throws keeps nothing from the others.
      queueMicrotask(() => {
        if (ear.open) ear.heard()
      })
    }
  }

  function open(): void {
    retry = undefined
    const opened = createClient()
    client = opened
    opened.on('error', () => lose(opened))
    opened.on('end', () => lose(opened))
    opened.on('notification', ({ payload }) => {
      if (opened === client && payload !== undefined) ring(payload)
    })
    begin(opened).catch(() => lose(opened))
  }

  async function begin(opened: Client): Promise<void> {
    await opened.connect()
    if (opened === client) (opened as Client & { unref(): void }).unref()
    await opened.query(`LISTEN ${escapeIdentifier(channel)}`)
    if (opened !== client) return
    pause = FIRST_PAUSE
    for (const topic of ears.keys()) ring(topic)
  }

  function lose(lost: Client): void {
    if (lost !== client) return
    close()
    retry = clock.alarm(clock.monotonic() + pause, open)
    pause = Math.min(2 * pause, LONGEST_PAUSE)
  }

  function close(): void {
    retry?.[Symbol.dispose]()
    retry = undefined
    const closed = client
    client = undefined
    if (closed === undefined) return
    const over = end(closed)
    closing.add(over)
    void over.then(() => closing.delete(over))
  }

  async function end(closed: Client): Promise<void> {
    const patience = clock.alarm(clock.monotonic() + timeout, () => closed.connection.stream.destroy())
    await closed.end().catch(() => undefined)
    patience[Symbol.dispose]()
  }

  return {
    listen(topic, heard) {
      const ear: Ear = { heard, open: !ended }
      if (ended) return { [Symbol.dispose]: () => undefined }
      const present = ears.get(topic)
      if (present === undefined) ears.set(topic, new Set([ear]))
      else present.add(ear)
      if (client === undefined && retry === undefined) open()
      return {
        [Symbol.dispose]() {
          ear.open = false
          const rest = ears.get(topic)
          rest?.delete(ear)
          if (rest?.size === 0) ears.delete(topic)
          if (ears.size > 0) return
          close()
          pause = FIRST_PAUSE
        },
      }
    },
    async end() {
      ended = true
      for (const topic of ears.values()) for (const ear of topic) ear.open = false
      ears.clear()
      close()
      // Keeps the process alive, which the connection does not: somebody awaits it.
      const awaited = clock.alarm(clock.monotonic() + timeout, () => undefined, { hold: true })
      await Promise.all(closing)
      awaited[Symbol.dispose]()
    },
  }
}
