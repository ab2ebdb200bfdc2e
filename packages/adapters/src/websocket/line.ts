import { invalidOptions, type Clock } from '@evergrant/core'
import { failureName } from '../http/failure-name.ts'
import type { WebSocketConstructor, WebSocketLike } from './options.ts'
import type { Failure } from './status.ts'

/** One WebSocket, from its making to its end. */
export interface Line {
  /** Aborts as soon as it is over, on either side. */
  readonly signal: AbortSignal
  /** Why it is over, as soon as it is. Never rejects. */
  readonly over: Promise<Failure>
  /** Resolves when the socket is closed, or the time for that is up. Never rejects. */
  readonly closed: Promise<void>
  send(text: string): void
  /** Closes it; the first to do so says why. */
  hangUp(why: Failure): void
}

export interface LineOptions {
  readonly WebSocket: WebSocketConstructor
  readonly url: string
  readonly protocols: readonly string[]
  readonly clock: Clock
  /** Ms. */
  readonly connectTimeout: number
}

interface Handlers {
  readonly opened: () => void
  readonly received: (data: unknown) => void
}

/** Ms that a server may take to say goodbye; one that is gone never does. */
const CLOSE_LIMIT = 5_000
/** RFC 6455 section 7.4.1. */
const NORMAL = 1000

const UNREACHABLE: Failure = {
  code: 'unreachable',
  message: 'No connection came about',
  help: 'Check the network and the address. It is tried again, with growing waits.',
}

function dropped(closeCode: number): Failure {
  return {
    code: 'dropped',
    message: `The connection was ended (${closeCode})`,
    help: 'Nothing to do: another one is made.',
    closeCode,
  }
}

/** Throws `invalid-options` for protocols that no WebSocket can offer. */
export function dial({ WebSocket, url, protocols, clock, connectTimeout }: LineOptions, handlers: Handlers): Line {
  const socket = make(WebSocket, url, protocols)
  const ending = new AbortController()
  let tellWhy: (why: Failure) => void
  let tellClosed: () => void
  const over = new Promise<Failure>((resolve) => (tellWhy = resolve))
  const closed = new Promise<void>((resolve) => (tellClosed = resolve))
  let isOpen = false
  let alarm = arm(connectTimeout, () => hangUp(UNREACHABLE))

  function arm(ms: number, run: () => void): Disposable {
    return clock.alarm(clock.monotonic() + ms, run, { hold: true })
  }

  function finish(why: Failure): void {
    alarm[Symbol.dispose]()
    if (ending.signal.aborted) return
    tellWhy(why)
    ending.abort()
  }

  function hangUp(why: Failure): void {
    if (ending.signal.aborted) return
    finish(why)
    alarm = arm(CLOSE_LIMIT, () => {
      socket.terminate?.()
      tellClosed()
    })
    socket.close(NORMAL)
  }

  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => {
    alarm[Symbol.dispose]()
    isOpen = true
    handlers.opened()
  })
  socket.addEventListener('message', ({ data }) => {
    // The package ws hands on what comes in while it closes; the standard does not.
    if (!ending.signal.aborted) handlers.received(data)
  })
  // It says nothing that the close after it does not say. The package ws throws what nobody listens for.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', ({ code }) => {
    finish(isOpen ? dropped(code) : UNREACHABLE)
    tellClosed()
  })

  return { signal: ending.signal, over, closed, send: (text) => socket.send(text), hangUp }
}

function make(WebSocket: WebSocketConstructor, url: string, protocols: readonly string[]): WebSocketLike {
  try {
    return new WebSocket(url, [...protocols])
  } catch (error) {
    // Its own message quotes them.
    throw invalidOptions(
      'protocols',
      `cannot be offered (${failureName(error)})`,
      'Each is a token as of RFC 9110 section 5.6.2, and there are no two of the same name.',
    )
  }
}
