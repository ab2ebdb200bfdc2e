import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request, read to its end. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The bearer token, `null` without. */
  readonly token: string | null
  readonly response: ServerResponse
  /** Whether the client left before it had its answer. */
  readonly left: boolean
}

export type Answering = (request: Arrived) => void

/** A server on a free port of this machine. */
export interface ApiServer extends AsyncDisposable {
  /** E.g. `http://127.0.0.1:49152`. */
  readonly url: string
  readonly port: number
  /** In the order of arrival. */
  readonly arrived: readonly Arrived[]
  /** Calls the listener after each arrival and after each client that left. */
  watch(listener: () => void): void
}

const LOOPBACK = '127.0.0.1'

/** Node is imported here and now, so that the rest of the package runs without it. */
export async function openApiServer(answer: Answering): Promise<ApiServer> {
  const { createServer } = await import('node:http')
  const arrived: Arrived[] = []
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  async function arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    let left = false
    response.once('close', () => {
      left = !response.writableFinished
      tell()
    })
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null
    const whole: Arrived = {
      method,
      path,
      headers,
      body: Buffer.concat(chunks),
      token,
      response,
      get left() {
        return left
      },
    }
    arrived.push(whole)
    answer(whole)
    tell()
  }

  const server = createServer((request, response) => {
    // A client that leaves in the middle of its request has not arrived.
    arrive(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${LOOPBACK}:${port}`,
    port,
    arrived,
    watch: (listener) => void listeners.add(listener),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
