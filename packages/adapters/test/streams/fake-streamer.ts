import { webSocketServer, type ServerSocket, type WebSocketServer } from './websocket-server.ts'

/** A message as it came in. */
interface StreamMessage {
  readonly action: string
  readonly value?: unknown
  readonly 'auth-token'?: string
  readonly 'request-id'?: number
}

/** An account streamer on loopback, which answers as in docs/protocol.md#account-streamer. */
export interface FakeStreamer extends WebSocketServer {
  /** All messages, of all connections, in order of arrival. */
  readonly messages: readonly StreamMessage[]
  /** `action token` of each message. */
  readonly told: readonly string[]
  /** Texts sent so far, answers and news. */
  readonly sent: number
  /** Connections that came about so far. */
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
  /** Which `auth-token` is good. Default any. */
  accepts: (authToken: string, message: StreamMessage) => boolean
  /** False turns clients away. */
  admits: boolean
  /** True answers nothing until it is false again. */
  silent: boolean
  /** False leaves a client's goodbye without an answer. */
  saysGoodbye: boolean
  /** What clients said with their goodbyes. */
  readonly goodbyes: readonly Buffer[]
  /** Sends news to all. */
  tell(news: object): void
  /** Ends all connections: as RFC 6455 wants it, or by cutting them. */
  drop(how?: 'close' | 'cut'): void
  /** Resolves once the condition holds; looked at whenever something happens. */
  until(condition: () => boolean): Promise<void>
}

export async function fakeStreamer(): Promise<FakeStreamer> {
  const messages: StreamMessage[] = []
  const sockets = new Map<ServerSocket, { connected: boolean }>()
  const watchers = new Set<() => void>()
  const goodbyes: Buffer[] = []
  let connections = 0
  let sent = 0
  const changed = (): void => {
    for (const look of watchers) look()
  }

  function send(socket: ServerSocket, body: object): void {
    sent += 1
    socket.send(JSON.stringify(body))
  }

  function answer(message: StreamMessage, state: { connected: boolean }): object {
    const { action, value } = message
    const session = { action, 'web-socket-session-id': '5b6e2799' }
    if (!fake.accepts(message['auth-token'] ?? '', message)) return { status: 'error', ...session, message: 'failed' }
    if (action === 'connect') state.connected = true
    const named = { ...session, 'request-id': message['request-id'] }
    if (!state.connected) return { status: 'error', ...named, message: 'connect-not-completed' }
    return { status: 'ok', ...named, ...(value === undefined ? {} : { value }) }
  }

  const server = await webSocketServer({
    admits: () => fake.admits,
    open(socket) {
      connections += 1
      sockets.set(socket, { connected: false })
      changed()
    },
    text(socket, text) {
      const message = JSON.parse(text) as StreamMessage
      messages.push(message)
      if (!fake.silent) send(socket, answer(message, sockets.get(socket) ?? { connected: false }))
      changed()
    },
    goodbye(payload) {
      goodbyes.push(payload)
      changed()
      return fake.saysGoodbye
    },
    gone(socket) {
      sockets.delete(socket)
      changed()
    },
  })

  const fake: FakeStreamer = {
    url: server.url,
    messages,
    get told() {
      return messages.map((message) => `${message.action} ${message['auth-token'] ?? '-'}`)
    },
    get sent() {
      return sent
    },
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    accepts: () => true,
    admits: true,
    silent: false,
    saysGoodbye: true,
    goodbyes,
    tell(news) {
      for (const socket of sockets.keys()) send(socket, news)
    },
    drop(how = 'close') {
      for (const socket of sockets.keys()) {
        if (how === 'cut') socket.destroy()
        else socket.close()
      }
    },
    until(condition) {
      return new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      })
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return fake
}
