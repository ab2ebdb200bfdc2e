import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where other programs give orders: `POST` with a line as the body, and the key as a Bearer token. */
export interface ControlDoor extends AsyncDisposable {
  readonly url: string
  /** Made for this run; without it everybody on this machine, and every web page, could give orders. */
  readonly key: string
}

/** Bytes of an order. */
const LONGEST_ORDER = 4_096
/** Ms for a request to arrive whole. */
const PATIENCE = 5_000

export interface ControlAnswer {
  readonly status: 200 | 400
  readonly text: string
}

/** Opens a door on loopback. `answer` never throws. */
export async function openControlDoor(answer: (line: string) => ControlAnswer): Promise<ControlDoor> {
  const key = randomBytes(24).toString('base64url')
  const server = createServer({ requestTimeout: PATIENCE }, (request, response) => {
    handle(request, key, answer).then(
      ({ status, text }) => respond(response, status, text),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, key, [Symbol.asyncDispose]: () => close(server) }
}

async function handle(
  request: IncomingMessage,
  key: string,
  answer: (line: string) => ControlAnswer,
): Promise<{ readonly status: number; readonly text: string }> {
  if (!hasKey(request.headers.authorization, key)) return { status: 401, text: 'The key is missing or wrong.\n' }
  if (request.method !== 'POST') return { status: 405, text: 'Send an order with POST.\n' }
  let line = ''
  for await (const chunk of request) {
    line += String(chunk)
    if (line.length > LONGEST_ORDER) return { status: 413, text: 'No order is as long as this.\n' }
  }
  return answer(line)
}

function hasKey(authorization: string | undefined, key: string): boolean {
  const given = Buffer.from(authorization ?? '')
  const wanted = Buffer.from(`Bearer ${key}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(text)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
