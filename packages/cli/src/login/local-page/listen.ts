import { createServer, type Server } from 'node:http'
import type { Clock } from '@evergrant/core'
import { getRequestListener } from '@hono/node-server'
import { CommandError } from '../../output/command-error.ts'
import type { PageAddress } from './address.ts'
import { followConnections, type Connections } from './connections.ts'

export interface ListenOptions {
  readonly address: Pick<PageAddress, 'interfaces' | 'port' | 'redirectUri'>
  readonly clock: Clock
  readonly answer: (request: Request) => Response | Promise<Response>
}

/** A browser opens six; whoever opens many holds up nobody but itself. */
const MOST_CONNECTIONS = 32
const MOST_HEADER_BYTES = 16_384
/** What a machine without this kind of address says. */
const NO_SUCH_INTERFACE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/**
 * Serves on loopback alone, one request for each connection. Disposing it lets answers under way end. Rejects with a
 * `CommandError` that tells the person what to do about a port that is taken.
 */
export async function listenOnLoopback({ address, clock, answer }: ListenOptions): Promise<AsyncDisposable> {
  const { port, interfaces } = address
  const respond = getRequestListener(answer, { overrideGlobalObjects: false })
  const open: Connections[] = []

  async function close(): Promise<void> {
    await Promise.all(open.map((connections) => connections.close()))
  }

  for (const hostname of interfaces) {
    const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES }, (incoming, outgoing) => {
      // One request each: then the time that a connection may take bounds the request as well.
      outgoing.setHeader('connection', 'close')
      void respond(incoming, outgoing)
    })
    server.maxConnections = MOST_CONNECTIONS
    const connections = followConnections(server, clock)
    try {
      await listen(server, port, hostname)
      open.push(connections)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (NO_SUCH_INTERFACE.has(code) && interfaces.length > 1) continue
      await close()
      throw cannotListen(port, code)
    }
  }
  if (open.length === 0) throw cannotListen(port, 'EADDRNOTAVAIL')
  return { [Symbol.asyncDispose]: close }
}

function listen(server: Server, port: number, hostname: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: hostname, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const OTHERWISE =
  'choose another port with --port NUMBER, after registering http://localhost:NUMBER as a redirect URI of your ' +
  'application; or use --no-browser, which works without one.'

function cannotListen(port: number, code: string): CommandError {
  if (code === 'EADDRINUSE') {
    return new CommandError('unsupported', {
      message: `Port ${port} of this machine is taken by another program`,
      help: `Close it (perhaps another evergrant login is still open) and try again; or ${OTHERWISE}`,
    })
  }
  return new CommandError('unsupported', {
    message: `This machine does not let evergrant listen on port ${port} (${code})`,
    help: `Try again and ${OTHERWISE}`,
  })
}
