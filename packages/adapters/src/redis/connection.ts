import { invalidOptions } from '@evergrant/core'
import { createClient } from 'redis'

/** What a store uses of one connection of node-redis. */
export interface RedisConnection {
  connect(): Promise<unknown>
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Takes it off what keeps the process alive. */
  unref(): void
  /** Closes it at once. May be called again. */
  destroy(): void
}

/** How connections of a store differ from those of the client that they are made after. */
export interface ConnectionOverrides {
  readonly socket: object
  readonly disableOfflineQueue: true
  readonly commandOptions: object
  readonly maintNotifications: 'disabled'
}

/** A client of node-redis, made by its `createClient`, as a pattern: connected or not, it is not used itself. */
export interface RedisClientPattern {
  readonly options: { readonly url?: string | undefined; readonly socket?: object | undefined }
  duplicate(overrides: ConnectionOverrides): RedisConnection
}

export interface Source {
  /** Makes a connection that is not open yet. */
  readonly open: () => RedisConnection
  /** Where it leads to, without user or password. */
  readonly location: string
}

/** Connections to the server of a URL, or to that of a client, which stays its owner's. */
export function sourceOf(url: string | undefined, client: RedisClientPattern | undefined, timeout: number): Source {
  if (client !== undefined) {
    if (url !== undefined) throw invalidOptions('client', 'comes with a url', 'Pass one of them.')
    return { open: () => client.duplicate(overrides(client.options.socket, timeout)), location: locate(client.options) }
  }
  if (url === undefined) {
    throw invalidOptions('url', 'is missing', 'Pass a url, e.g. redis://127.0.0.1:6379, or a client of node-redis.')
  }
  const pattern = patternOf(url, timeout)
  return { open: () => pattern.duplicate(overrides({}, timeout)), location: locate({ url }) }
}

/** A client that never connects. To duplicate it costs microseconds; making one puts all commands of Redis together, some 36 ms. */
function patternOf(url: string, timeout: number): RedisClientPattern {
  try {
    return createClient({ url, ...overrides({}, timeout) })
  } catch {
    // Without the cause: it may quote the URL, and that may have a password.
    throw invalidOptions('url', 'is no address of Redis', 'Pass redis[s]://[[user][:password]@]host[:port][/database].')
  }
}

function overrides(socket: object | undefined, timeout: number): ConnectionOverrides {
  return {
    // The store opens the next connection when one is needed: the library's own way of trying again has timers that keep
    // the process alive, and a queue that sends what its caller has given up long ago.
    socket: { ...socket, reconnectStrategy: false, connectTimeout: timeout },
    disableOfflineQueue: true,
    commandOptions: {},
    maintNotifications: 'disabled',
  }
}

function locate({ url, socket }: RedisClientPattern['options']): string {
  if (url !== undefined) return withoutUser(url)
  const { host = 'localhost', port = 6379, path } = (socket ?? {}) as { host?: string; port?: number; path?: string }
  return path === undefined ? `redis://${host}:${port}` : `unix://${path}`
}

function withoutUser(url: string): string {
  const [address = ''] = url.slice(url.lastIndexOf('@') + 1).split(/[?#]/)
  return url.includes('@') ? `${url.slice(0, url.indexOf(':'))}://${address}` : address
}
