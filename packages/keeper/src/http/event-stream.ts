import type { Clock } from '@evergrant/core'

interface StreamedEvent {
  readonly event: string
  readonly data: object
}

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  /** One that does not fit ends the stream: the caller comes back and gets the present state. */
  send(event: StreamedEvent): void
  end(): void
}

export interface EventStreamOptions {
  readonly clock: Clock
  /** Called once, however it ends. */
  readonly onEnd: () => void
  /** Called every `PULSE` ms. */
  readonly onPulse: () => void
}

/** Ms between two looks whether the stream may go on. */
const PULSE = 5_000
/** A comment is sent with every third: proxies cut what says nothing for half a minute. */
const PULSES_PER_COMMENT = 3
/** Bytes that may wait for a caller that does not read. */
const MOST_WAITING = 64 * 1024

/** A stream of server-sent events (HTML standard, section 9.2), each with an id of its own. */
export function createEventStream({ clock, onEnd, onPulse }: EventStreamOptions): EventStream {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  let alarm: Disposable | null = null
  let id = 0
  let pulses = 0

  function finish(): void {
    if (controller === null) return
    controller = null
    alarm?.[Symbol.dispose]()
    onEnd()
  }

  function end(): void {
    const open = controller
    finish()
    open?.close()
  }

  function write(text: string): void {
    if (controller === null) return
    const bytes = encoder.encode(text)
    if ((controller.desiredSize ?? 0) < bytes.byteLength) return end()
    controller.enqueue(bytes)
  }

  function pulse(): void {
    alarm = clock.alarm(clock.monotonic() + PULSE, () => {
      pulses += 1
      if (pulses % PULSES_PER_COMMENT === 0) write(': still here\n\n')
      if (controller === null) return
      onPulse()
      if (controller !== null) pulse()
    })
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened
        pulse()
      },
      cancel: finish,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }),
  )

  return {
    body,
    send({ event, data }) {
      id += 1
      write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    end,
  }
}
