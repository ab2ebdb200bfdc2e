import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '@evergrant/core'

/** The beginning of an answer. */
export interface AnswerHead {
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
}

export interface Connections {
  /** To be told of each answer before it is sent: at the end it says that the connection closes. */
  answering(answer: AnswerHead): void
  /** Takes no more, tells those that are kept alive to go, and lets requests under way be answered, for `patience` ms at most. */
  close(patience: number): Promise<void>
}

/** Ms between two looks for connections whose last request has been answered. */
const LOOK_EVERY = 50
/** Ms for the first request on a connection that was opened just before the end. */
const GRACE = 500

export function followConnections(server: Server, secure: boolean, clock: Clock): Connections {
  /** Those that have not asked for anything yet. Node counts them among those that are busy. */
  const silent = new Set<Socket>()
  let closing = false

  const opened = (socket: Socket): void => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  }
  // Over TLS a request names the second of the two sockets.
  server.on(secure ? 'secureConnection' : 'connection', opened)
  server.prependListener('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    silent.delete(socket)
    answering(answer)
  })

  function answering(answer: AnswerHead): void {
    if (closing && !answer.headersSent) answer.setHeader('connection', 'close')
  }

  function endSilent(): void {
    for (const socket of silent) socket.destroy()
  }

  return {
    answering,
    async close(patience) {
      closing = true
      let looking: Disposable
      const look = () => {
        server.closeIdleConnections()
        looking = clock.alarm(clock.monotonic() + LOOK_EVERY, look, { hold: true })
      }
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const silence = clock.alarm(clock.monotonic() + Math.min(GRACE, patience), endSilent, { hold: true })
      const end = clock.alarm(clock.monotonic() + patience, () => server.closeAllConnections(), { hold: true })
      looking = clock.alarm(clock.monotonic() + LOOK_EVERY, look, { hold: true })
      await closed
      for (const alarm of [silence, end, looking]) alarm[Symbol.dispose]()
    },
  }
}
