import { onTestFinished } from 'vitest'
import { webSocketServer, type ServerSocket } from '../streams/websocket-server.ts'

/** A server on loopback that speaks as the test says. */
export async function loopbackServer(answer: (message: unknown, socket: ServerSocket) => object | null = () => null) {
  const sockets: ServerSocket[] = []
  const open = new Set<ServerSocket>()
  const messages: unknown[] = []
  const server = await webSocketServer({
    admits: () => true,
    open(socket) {
      sockets.push(socket)
      open.add(socket)
    },
    text(socket, text) {
      const message: unknown = JSON.parse(text)
      messages.push(message)
      const said = answer(message, socket)
      if (said !== null) socket.send(JSON.stringify(said))
    },
    gone: (socket) => void open.delete(socket),
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return { url: server.url, sockets, open, messages }
}
