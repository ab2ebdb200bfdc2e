import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A way to a server that a test can cut, as when a cable is pulled or a firewall forgets a connection. */
export interface CuttableProxy extends AsyncDisposable, Endpoint {
  /** Connections that go through now. */
  readonly connections: number
  /** Connections that have ever been let through. */
  readonly accepted: number
  /** Ends all connections, and each new one as soon as it comes. */
  cut(): void
  /** Ends all connections; new ones go through. */
  drop(): void
  /** Keeps all connections, new ones too, and passes nothing on: what comes waits, either way. */
  stall(): void
  /** Lets the present connections hang for ever, as if their other ends were gone without a word; new ones go through. */
  freeze(): void
  /** Keeps all connections and passes nothing back: what is asked is done, and its answer waits. */
  mute(): void
  /** After `cut`, `stall` or `mute`: everything goes through again; what waited goes first. */
  restore(): void
  /** Resolves once `count` connections at least have ever been let through. */
  untilAccepted(count: number): Promise<void>
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** Listens on a free port of this machine and passes everything on to `target`. */
export async function createCuttableProxy(target: Endpoint): Promise<CuttableProxy> {
  const pairs = new Set<Pair>()
  const frozen = new WeakSet<Pair>()
  const waiting = new Set<() => void>()
  let mode: 'open' | 'cut' | 'stalled' | 'muted' = 'open'
  let accepted = 0

  function end(pair: Pair): void {
    pairs.delete(pair)
    pair.near.destroy()
    pair.far.destroy()
  }

  function flow(pair: Pair): void {
    const { near, far } = pair
    if (frozen.has(pair)) return
    if (mode === 'stalled') near.pause()
    else near.resume()
    if (mode === 'stalled' || mode === 'muted') far.pause()
    else far.resume()
  }

  function enter(next: typeof mode): void {
    mode = next
    for (const pair of pairs) flow(pair)
  }

  const server = createServer((near) => {
    // A client may be gone by the time it is refused.
    near.on('error', () => undefined)
    if (mode === 'cut') {
      near.destroy()
      return
    }
    const far = connect(target)
    const pair = { near, far }
    pairs.add(pair)
    accepted += 1
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('data', (chunk) => other.write(chunk))
      one.on('error', () => end(pair))
      one.on('close', () => end(pair))
    }
    flow(pair)
    for (const look of waiting) look()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  function drop(): void {
    for (const pair of pairs) end(pair)
  }

  return {
    host: '127.0.0.1',
    port,
    get connections() {
      return pairs.size
    },
    get accepted() {
      return accepted
    },
    cut() {
      mode = 'cut'
      drop()
    },
    drop,
    stall: () => enter('stalled'),
    freeze() {
      enter('stalled')
      for (const pair of pairs) frozen.add(pair)
      enter('open')
    },
    mute: () => enter('muted'),
    restore: () => enter('open'),
    untilAccepted(count) {
      return new Promise((resolve) => {
        const look = () => {
          if (accepted < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
    async [Symbol.asyncDispose]() {
      mode = 'cut'
      drop()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
