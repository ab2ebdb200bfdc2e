import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore } from '@evergrant/core'
import { fakeTastytrade } from '@evergrant/testing'
import { expect } from 'vitest'
import { createKeeper } from '../../src/index.ts'

interface Neighbour extends AsyncDisposable {
  readonly url: string
  readonly requests: IncomingMessage[]
}

async function startServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Neighbour> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server has no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A keeper on a real socket, whose API is a server of this test, beside another one. */
export async function openWorld(answer: (request: IncomingMessage, response: ServerResponse) => void, below = '') {
  const fake = fakeTastytrade()
  const api = await startServer(answer)
  const neighbour = await startServer((_, response) => response.end('the neighbour'))
  const keeper = createKeeper({
    provider: tastytrade({ fetch: fake.fetch, apiBaseUrl: `${api.url}${below}` }),
    store: memoryStore(),
    sealing: { key: '7b'.repeat(32) },
    limits: { proxyBody: 1_000, requestTime: 5_000 },
  })
  const server = await keeper.listen({ port: 0 })
  const { key } = await keeper.keys.create({ name: 'x', scopes: ['admin', 'proxy'], accounts: '*' })
  const { clientSecret, refreshToken } = fake.credentials
  const posted = await fetch(`${server.url}/api/v1/credentials`, {
    method: 'POST',
    headers: { 'x-api-key': key.reveal(), 'content-type': 'application/json' },
    body: JSON.stringify({ account: 'anna', client_secret: clientSecret, refresh_token: refreshToken }),
  })
  expect(posted.status).toBe(201)
  return {
    api,
    neighbour,
    server,
    fake,
    key: key.reveal(),
    pass(path: string, init: RequestInit = {}) {
      const headers = new Headers(init.headers)
      headers.set('x-evergrant-account', 'anna')
      headers.set('x-api-key', key.reveal())
      return fetch(`${server.url}/api/v1/proxy${path}`, { ...init, headers })
    },
    async [Symbol.asyncDispose]() {
      await keeper.dispose()
      await api[Symbol.asyncDispose]()
      await neighbour[Symbol.asyncDispose]()
    },
  }
}

interface RawRequest {
  readonly target: string
  readonly method?: string
  readonly host?: string
  readonly headers: readonly string[]
}

/** Sends a request line as it is, which no client would. */
export function sendRaw(url: string, { target, method = 'GET', host, headers }: RawRequest): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host ?? `${hostname}:${port}`}`, 'Connection: close']
      socket.write([...lines, ...headers, '', ''].join('\r\n'))
    })
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.once('close', () => resolve(text))
    socket.once('error', reject)
  })
}
