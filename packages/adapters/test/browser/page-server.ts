import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

export interface PageServer extends AsyncDisposable {
  /** The address of a page that runs the script. */
  readonly url: string
}

export interface PageServerOptions {
  readonly script: string
  /** Where `/api/…` leads, at any time. */
  readonly api?: () => string
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>evergrant</title><script src="/page.js"></script>'

/** Serves one page, and beside it a server for the page to call, so that both are of one origin. */
export async function servePage({ script, api }: PageServerOptions): Promise<PageServer> {
  const server = createServer((incoming, outgoing) => {
    const { url = '/' } = incoming
    if (url.startsWith('/api/') && api !== undefined) void passOn(incoming, outgoing, api() + url.slice('/api'.length))
    else if (url === '/page.js') outgoing.setHeader('content-type', 'text/javascript; charset=utf-8').end(script)
    else if (url === '/') outgoing.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE)
    else outgoing.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** As one connection: whoever leaves at one end is gone at the other. */
async function passOn(incoming: IncomingMessage, outgoing: ServerResponse, url: string): Promise<void> {
  const { method, headers } = incoming
  const onward = request(url, { method, headers: { ...headers, host: new URL(url).host } })
  outgoing.once('close', () => onward.destroy())
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      onward.once('response', resolve)
      onward.once('error', reject)
    })
    await Promise.all([pipeline(incoming, onward), answered])
    const answer = await answered
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    await pipeline(answer, outgoing)
  } catch {
    outgoing.destroy()
  }
}
