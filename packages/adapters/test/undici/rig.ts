import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { bearer, type BearerDispatchOptions } from '../../src/undici.ts'
import type { FakeSession } from '../support/fake-session.ts'
import { loopback, reply, type Loopback } from '../support/loopback.ts'

export const GET = { path: '/a', method: 'GET' }

/** Makes dispatchers, and ends them. */
interface Dispatchers {
  readonly through: (session: FakeSession, options?: BearerDispatchOptions, base?: Dispatcher) => Dispatcher
  readonly destroy: () => Promise<void>
}

export function dispatchers(): Dispatchers {
  const made: Dispatcher[] = []
  return {
    through(session, options, base = new Agent()) {
      made.push(base)
      return base.compose(bearer(session, options))
    },
    async destroy() {
      await Promise.all(made.splice(0).map((dispatcher) => dispatcher.destroy()))
    },
  }
}

/** An API that takes the second token only. */
export function secondTokenOnly(): Promise<Loopback> {
  return loopback(({ headers }, response) =>
    reply(response, headers.authorization === 'Bearer token-2' ? 200 : 401, {}),
  )
}

export async function statusOf(answer: Promise<Dispatcher.ResponseData>): Promise<number> {
  const { statusCode, body } = await answer
  await body.dump()
  return statusCode
}

export function authorizationsOf({ received }: Loopback): readonly (string | undefined)[] {
  return received.map(({ headers }) => headers.authorization)
}

/** Something that is waited for. */
export function happening() {
  let happen = (): void => undefined
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen: () => happen() }
}

interface RawServer extends AsyncDisposable {
  readonly url: string
  readonly connections: () => number
}

/** A server that counts its connections and answers each request, counted from 1, as it comes in. */
export function rawServer(answer: (response: ServerResponse, count: number) => void): Promise<RawServer> {
  let count = 0
  return listening(createServer((_, response) => answer(response, (count += 1))))
}

export async function listening(server: Server): Promise<RawServer> {
  let connections = 0
  server.on('connection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
