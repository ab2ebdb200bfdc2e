import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** One client, as the server sees it. */
export interface ServerSocket {
  /** What the client asked for: path and query, and the subprotocols that it offered. */
  readonly path: string
  readonly protocols: readonly string[]
  send(text: string): void
  /** Says goodbye as RFC 6455 section 7.1.2 wants it. Default code 1000. */
  close(code?: number): void
  /** Cuts the connection. */
  destroy(): void
}

export interface WebSocketServer extends AsyncDisposable {
  /** E.g. `ws://127.0.0.1:49152`. */
  readonly url: string
}

interface Handlers {
  readonly open: (socket: ServerSocket) => void
  readonly text: (socket: ServerSocket, text: string) => void
  readonly gone: (socket: ServerSocket) => void
  /** False turns a client away before the handshake. */
  readonly admits: () => boolean
  /** Told what a client says with its goodbye: code and reason as sent. False leaves that without an answer. */
  readonly goodbye?: (payload: Buffer) => boolean
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/** As much of RFC 6455 as clients need that send whole text frames of less than 64 KiB. */
export async function webSocketServer(handlers: Handlers): Promise<WebSocketServer> {
  const streams = new Set<Duplex>()
  const server = createServer((_, response) => response.writeHead(426).end())

  server.on('upgrade', (request, stream) => {
    streams.add(stream)
    stream.on('error', () => stream.destroy())
    if (!handlers.admits()) {
      stream.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const key = String(request.headers['sec-websocket-key'])
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
    const protocols = request.headers['sec-websocket-protocol']?.split(/,\s*/) ?? []
    const [protocol] = protocols
    const chosen = protocol === undefined ? '' : `sec-websocket-protocol: ${protocol}\r\n`
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n${chosen}\r\n`,
    )
    const socket: ServerSocket = {
      path: request.url ?? '',
      protocols,
      send: (text) => void stream.write(frame(TEXT, Buffer.from(text))),
      close: (code = 1000) => void stream.write(frame(CLOSE, Buffer.from([code >> 8, code & 0xff]))),
      destroy: () => stream.destroy(),
    }
    let unread: Buffer = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      for (let read = readFrame(unread); read !== null; read = readFrame(unread)) {
        unread = unread.subarray(read.length)
        if (read.opcode === TEXT) handlers.text(socket, read.payload.toString())
        if (read.opcode === PING) stream.write(frame(PONG, read.payload))
        if (read.opcode === CLOSE && (handlers.goodbye?.(read.payload) ?? true)) stream.end(frame(CLOSE, read.payload))
      }
    })
    stream.on('close', () => {
      streams.delete(stream)
      handlers.gone(socket)
    })
    handlers.open(socket)
  })

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const stream of streams) stream.destroy()
      server.closeAllConnections()
      await closed
    },
  }
}

function frame(opcode: number, payload: Buffer): Buffer {
  const short = payload.length < 126
  const head = Buffer.alloc(short ? 2 : 4)
  head[0] = 0x80 | opcode
  head[1] = short ? payload.length : 126
  if (!short) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

/** The first whole frame; `null` if there is none yet. A client's frames are masked (section 5.3). */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  const [first = 0, second = 0] = bytes
  const long = (second & 0x7f) === 126
  const begin = long ? 8 : 6
  if (bytes.length < begin) return null
  const size = long ? bytes.readUInt16BE(2) : second & 0x7f
  const length = begin + size
  if (bytes.length < length) return null
  const mask = bytes.subarray(begin - 4, begin)
  const payload = Buffer.from(bytes.subarray(begin, length)).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return { opcode: first & 0x0f, payload: Buffer.from(payload), length }
}
