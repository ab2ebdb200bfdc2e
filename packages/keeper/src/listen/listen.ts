import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Clock } from '@evergrant/core'
import { getRequestListener } from '@hono/node-server'
import type { KeeperBindings } from '../http/route.ts'
import { KeeperError } from '../keeper-error.ts'
import type { KeeperLimits } from '../keeper-options.ts'
import { followConnections, type AnswerHead } from './connections.ts'
import { isLoopback } from './loopback.ts'

export interface TlsOptions {
  /** PEM: the certificate, with those between it and the root. */
  readonly cert: string | Uint8Array
  /** PEM. */
  readonly key: string | Uint8Array
}

export interface ListenOptions {
  /** An address or a name of this machine. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default 8765; 0 for one that is free. */
  readonly port?: number | undefined
  /** Default: none, and plain HTTP; beyond loopback that takes `behindProxy`. */
  readonly tls?: TlsOptions | undefined
  /**
   * True where a proxy of yours ends TLS in front of the keeper, and nobody can reach the keeper past it. The last address
   * of `X-Forwarded-For` then says where a request comes from.
   */
  readonly behindProxy?: boolean | undefined
}

/** A keeper that listens. */
export interface KeeperServer extends AsyncDisposable {
  /** E.g. `http://127.0.0.1:8765`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Takes no more connections, lets requests under way be answered, and ends. The keeper itself goes on. */
  close(): Promise<void>
}

export interface ListenParts extends ListenOptions {
  readonly answer: (request: Request, bindings: KeeperBindings) => Response | Promise<Response>
  readonly limits: KeeperLimits
  readonly clock: Clock
  readonly onClose: () => void
}

const DEFAULT_PORT = 8765
/** Ms for the headers of a request to arrive: it is what a connection costs that sends them byte by byte. */
const HEADERS_TIME = 10_000
/** Ms between two looks for connections that are too slow. */
const CHECK_EVERY = 1_000
/** Ms that a connection without a request is kept for the next one. */
const KEEP_ALIVE = 30_000

export async function listen(parts: ListenParts): Promise<KeeperServer> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, tls, behindProxy = false, limits, answer, clock } = parts
  if (tls === undefined && !behindProxy && !isLoopback(host)) {
    throw new KeeperError('keeper-insecure', {
      message: `Tokens would go over the network in plain text: ${host} is not loopback, and there is no TLS`,
      help: 'Pass tls: { cert, key }, or behindProxy: true where a proxy in front of the keeper ends TLS.',
    })
  }
  const settings = {
    maxHeaderSize: limits.headers,
    headersTimeout: Math.min(HEADERS_TIME, limits.requestTime),
    requestTimeout: limits.requestTime,
    keepAliveTimeout: KEEP_ALIVE,
    connectionsCheckingInterval: Math.min(CHECK_EVERY, limits.requestTime),
  }
  const server: Server =
    tls === undefined ? createHttpServer(settings) : createHttpsServer({ ...settings, ...tlsSettings(tls) })
  server.maxConnections = limits.connections
  const connections = followConnections(server, tls !== undefined, clock)

  /** What is waited for may come when the end has begun. */
  async function lastWord(answered: Promise<Response>, outgoing: AnswerHead): Promise<Response> {
    const response = await answered
    connections.answering(outgoing)
    return response
  }

  const respond = getRequestListener(
    (request, bindings) => {
      const answered = answer(request, behindProxy ? { ...bindings, behindProxy } : bindings)
      return answered instanceof Promise ? lastWord(answered, bindings.outgoing) : answered
    },
    // As Hono's own `serve()` does: answers that are not read by anybody else are then written straight to the socket.
    { overrideGlobalObjects: true },
  )
  server.on('request', (incoming, outgoing) => void respond(incoming, outgoing))
  await bind(server, host, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  let closing: Promise<void> | null = null

  function close(): Promise<void> {
    return (closing ??= connections.close(limits.requestTime).finally(parts.onClose))
  }

  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${bound}`,
    port: bound,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function tlsSettings({ cert, key }: TlsOptions) {
  return { cert: asBuffer(cert), key: asBuffer(key), minVersion: 'TLSv1.2', handshakeTimeout: HEADERS_TIME } as const
}

function asBuffer(pem: string | Uint8Array): Buffer {
  return typeof pem === 'string' ? Buffer.from(pem) : Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength)
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      reject(
        new KeeperError('keeper-cannot-listen', {
          message: `Cannot listen on ${host}:${port} (${code})`,
          help:
            code === 'EADDRINUSE'
              ? 'Another program, perhaps another keeper, has this port: end it or choose another.'
              : 'Choose an address of this machine and a port above 1023.',
        }),
      )
    })
    server.listen({ host, port }, resolve)
  })
}
