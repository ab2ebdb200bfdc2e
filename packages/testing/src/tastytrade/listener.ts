import type { Server, ServerResponse } from 'node:http'
import { EvergrantError } from '@evergrant/core'
import type { Delivery, PartialAnswer } from './answers.ts'
import type { Arrival } from './visit.ts'

export interface ListenOptions {
  /** Default 0: any that is free. */
  readonly port?: number
}

/** The fake on a real socket of this machine. */
export interface FakeListener extends AsyncDisposable {
  /** E.g. `http://127.0.0.1:49152`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Ends all connections, also those that wait for an answer that never comes. */
  close(): Promise<void>
}

const LOOPBACK = '127.0.0.1'

/** Opens the door on loopback. Node is imported here and now, so that the rest of the fake runs without it. */
export async function listenOnLoopback(
  serve: (arrival: Arrival) => Promise<Delivery>,
  { port = 0 }: ListenOptions = {},
): Promise<FakeListener> {
  const [http, { getRequestListener }, { RESPONSE_ALREADY_SENT }] = await Promise.all([
    import('node:http'),
    import('@hono/node-server'),
    import('@hono/node-server/utils/response'),
  ])
  // Replacing the global Request and Response would change the program under test.
  const onRequest = getRequestListener((request, { outgoing }) => answer(request, outgoing as ServerResponse), {
    overrideGlobalObjects: false,
  })
  const server = http.createServer((incoming, outgoing) => void onRequest(incoming, outgoing))

  async function answer(request: Request, outgoing: ServerResponse): Promise<Response> {
    const gone = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort(new DOMException('The client has left.', 'AbortError'))
    })
    try {
      const body = request.method === 'GET' || request.method === 'HEAD' ? null : await request.text()
      const delivery = await serve({ request, body, gone: gone.signal })
      if (delivery instanceof Response) return delivery
      sendPart(delivery, outgoing)
    } catch (error) {
      if (!gone.signal.aborted) throw error
    }
    return RESPONSE_ALREADY_SENT
  }

  await listen(server, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port

  async function close(): Promise<void> {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  return { url: `http://${LOOPBACK}:${bound}`, port: bound, close, [Symbol.asyncDispose]: close }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new EvergrantError('invalid-options', {
          message: `port: cannot listen on ${LOOPBACK}:${port} (${cause.code})`,
          help: 'Leave the port out to get one that is free.',
          details: { option: 'port' },
          cause,
        }),
      )
    })
    server.listen(port, LOOPBACK, resolve)
  })
}

function sendPart({ ends, head }: PartialAnswer, outgoing: ServerResponse): void {
  if (head === undefined) {
    outgoing.socket?.resetAndDestroy()
    return
  }
  outgoing.writeHead(head.status, Object.fromEntries(head.headers))
  outgoing.write(head.sent, () => {
    if (ends === 'breaks') outgoing.destroy()
  })
}
