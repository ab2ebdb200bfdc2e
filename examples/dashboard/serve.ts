import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import config from './vite.config.ts'

/** The lab on loopback. */
export interface ServedLab extends AsyncDisposable {
  /** E.g. `http://127.0.0.1:8010/`. */
  readonly url: string
}

export interface ServeOptions {
  /** Taken if it is free, so that the address is the same the next time; else any that is. Default 8010. */
  readonly port?: number
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/** The page asks nobody for anything. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"

type Files = ReadonlyMap<string, string | Uint8Array>

/** Serves the page; it is built when somebody first asks for it. */
export async function serveLab({ port = 8010 }: ServeOptions = {}): Promise<ServedLab> {
  let files: Promise<Files> | null = null
  const server = createServer((incoming, outgoing) => {
    if (incoming.method !== 'GET') {
      outgoing.writeHead(405, { allow: 'GET' }).end()
      return
    }
    files ??= buildPage()
    const { pathname } = new URL(incoming.url ?? '/', 'http://lab')
    void files.then(
      (built) => answer(built, pathname === '/' ? 'index.html' : pathname.slice(1), outgoing),
      (error: unknown) => {
        files = null
        console.error(error)
        outgoing.writeHead(500).end('The page could not be built; the terminal says why.')
      },
    )
  })
  const listen = (on: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(on, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return listen(0)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Every file of the page by its name. Nothing is written to the disk. */
async function buildPage(): Promise<Files> {
  // Only now: most who start the tour never look.
  const { build } = await import('vite')
  const built = await build({
    ...config,
    configFile: false,
    logLevel: 'error',
    build: { ...config.build, write: false },
  })
  if (!('output' in built)) throw new Error('Vite has built something else than one page.')
  return new Map(built.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]))
}

function answer(files: Files, name: string, outgoing: ServerResponse): void {
  const content = files.get(name)
  if (content === undefined) {
    outgoing.writeHead(404).end()
    return
  }
  outgoing.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream')
  outgoing.setHeader('content-security-policy', POLICY)
  // The names of assets have a mark of what is in them.
  outgoing.setHeader('cache-control', name.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-store')
  outgoing.end(content)
}
