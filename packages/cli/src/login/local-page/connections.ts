import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '@evergrant/core'

export interface Connections {
  /** Ends the server: answers under way are finished, all else is cut off. */
  close(): Promise<void>
}

/** Ms in which a request has to arrive as a whole. A browser on this machine takes milliseconds. */
const PATIENCE = 10_000

/** Ends a connection whose request has not arrived in time: Node's own limits count on a clock of their own. */
export function followConnections(server: Server, clock: Clock): Connections {
  const requests = new Map<Socket, IncomingMessage | null>()

  function cutOffUnlessAnswering(socket: Socket): void {
    if (requests.get(socket)?.complete !== true) socket.destroy()
  }

  server.on('connection', (socket: Socket) => {
    requests.set(socket, null)
    const alarm = clock.alarm(clock.monotonic() + PATIENCE, () => cutOffUnlessAnswering(socket))
    socket.once('close', () => {
      requests.delete(socket)
      alarm[Symbol.dispose]()
    })
  })
  server.on('request', (incoming) => requests.set(incoming.socket, incoming))

  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of requests.keys()) cutOffUnlessAnswering(socket)
      await closed
    },
  }
}
