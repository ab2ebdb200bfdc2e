import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface LoadTarget {
  readonly port: number
  readonly key: string
}

export interface Load {
  readonly connections: number
  /** Of all connections together. */
  readonly requests: number
  /** Whose token the request with this number asks for. */
  readonly account: (number: number) => string
}

export interface LoadResult {
  /** Ms, all of it. */
  readonly took: number
  /** Ms of each request, in the order of their ends. */
  readonly latencies: readonly number[]
}

const END_OF_HEADERS = Buffer.from('\r\n\r\n')

/** Asks for tokens, as many at once as there are connections. Less work than any HTTP client, so that the server is what is measured. */
export async function load(target: LoadTarget, { connections, requests, account }: Load): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target.port)))
  const latencies: number[] = []
  let next = 0
  const begun = performance.now()
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        while (next < requests) {
          const asked = performance.now()
          const number = next
          next += 1
          await ask(socket, target, account(number))
          latencies.push(performance.now() - asked)
        }
      }),
    )
    return { took: performance.now() - begun, latencies }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

function ask(socket: Socket, { key }: LoadTarget, account: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer | null = null
    const done = (error?: Error): void => {
      socket.off('data', onData)
      socket.off('error', done)
      socket.off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onData = (chunk: Buffer): void => {
      received = received === null ? chunk : Buffer.concat([received, chunk])
      const headers = received.indexOf(END_OF_HEADERS)
      if (headers < 0) return
      const text = received.toString('latin1', 0, headers)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
      if (!text.startsWith('HTTP/1.1 200') || Number.isNaN(length)) {
        return done(
          new Error(
            `The server of the bench said ${text.slice(0, 60)} ${received.toString('latin1', headers, headers + 300)}`,
          ),
        )
      }
      if (received.length >= headers + END_OF_HEADERS.length + length) done()
    }
    const onClose = (): void => done(new Error('The server of the bench closed a connection'))
    socket.on('data', onData)
    socket.once('error', done)
    socket.once('close', onClose)
    socket.write(
      `GET /api/v1/token?account=${account} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nAccept: application/json\r\n\r\n`,
    )
  })
}
