import { invalidOptions, type TokenSession } from '@evergrant/core'
import { checkKnownOptions } from '../options/known-options.ts'
import { streamerAnswer } from '../streamer/streamer-answer.ts'
import type { TastytradeEnvironment } from '../tastytrade/environment.ts'
import type { Acknowledgement, SocketSession, TokenSocketOptions } from './options.ts'
import { tokenSocket, type SendOptions, type TokenSocket } from './token-socket.ts'

export interface AccountStreamerOptions extends Pick<
  TokenSocketOptions,
  'connectTimeout' | 'answerTimeout' | 'WebSocket' | 'clock' | 'random' | 'onListenerError'
> {
  /** The account numbers whose news are wanted; at least one. */
  readonly accounts: readonly string[]
  /** Default: that of the session's provider. */
  readonly environment?: TastytradeEnvironment | undefined
  /** Another server in place of the environment's own. wss, or ws on loopback. */
  readonly url?: string | undefined
  /** Ms from one heartbeat to the next, from 2,000 to 60,000. Default 20,000. */
  readonly heartbeatInterval?: number | undefined
}

/** The account streamer of tastytrade. Methods are as those of {@link TokenSocket}. */
export interface AccountStreamer extends Pick<
  TokenSocket,
  'messages$' | 'status$' | 'getSnapshot' | 'close' | typeof Symbol.asyncDispose
> {
  /** Wants the news of further accounts. */
  connect(accounts: readonly string[], options?: SendOptions): Promise<void>
  /** Wants other news, e.g. `user-message-subscribe` with an external id. */
  subscribe(action: string, value?: unknown, options?: SendOptions): Promise<void>
}

interface Message {
  readonly action: string
  readonly value?: unknown
}

/** docs/protocol.md#hosts. One environment's address cannot be derived from the other's. */
const ADDRESSES: Readonly<Record<TastytradeEnvironment, string>> = {
  production: 'wss://streamer.tastyworks.com',
  sandbox: 'wss://streamer.cert.tastyworks.com',
}
/** Ms (docs/protocol.md#account-streamer). */
const SHORTEST_INTERVAL = 2_000
const LONGEST_INTERVAL = 60_000
/** Three are missed before the server gives up. */
const INTERVAL = 20_000

/**
 * Keeps a connection to tastytrade's account streamer (docs/protocol.md#account-streamer): `connect` first, then what
 * else is wanted, then heartbeats, each message with the present token. All else is as with {@link tokenSocket}.
 *
 * `messages$` gives the news one by one. The server repeats nothing: each time that the state is `open` again, read balances,
 * positions and orders through the API.
 *
 * Throws `invalid-options` at once for options that cannot be used.
 */
export function accountStreamer(
  session: SocketSession & { readonly provider: Pick<TokenSession['provider'], 'environment'> },
  options: AccountStreamerOptions,
): AccountStreamer {
  checkKnownOptions(options, [
    'accounts',
    'environment',
    'url',
    'heartbeatInterval',
    'connectTimeout',
    'answerTimeout',
    'WebSocket',
    'clock',
    'random',
    'onListenerError',
  ] satisfies (keyof AccountStreamerOptions)[])
  const { accounts, environment, url, heartbeatInterval = INTERVAL, ...socketOptions } = options
  if (!(heartbeatInterval >= SHORTEST_INTERVAL && heartbeatInterval <= LONGEST_INTERVAL)) {
    throw invalidOptions(
      'heartbeatInterval',
      'is not what the server wants',
      `Take ${SHORTEST_INTERVAL} to ${LONGEST_INTERVAL} ms.`,
    )
  }
  const socket = tokenSocket<Message>(session, {
    ...socketOptions,
    url: url ?? addressOf(environment ?? session.provider.environment),
    subscriptions: [connectTo(accounts)],
    heartbeat: { message: { action: 'heartbeat' }, interval: heartbeatInterval },
    write: (message, { token, id }) =>
      JSON.stringify({ ...message, 'auth-token': token.authorization, 'request-id': id }),
    read: newsIn,
    acknowledges,
  })
  return {
    messages$: socket.messages$,
    status$: socket.status$,
    getSnapshot: () => socket.getSnapshot(),
    connect: async (numbers, sending) => socket.subscribe(connectTo(numbers), sending),
    subscribe: (action, value, sending) =>
      socket.subscribe(value === undefined ? { action } : { action, value }, sending),
    close: () => socket.close(),
    [Symbol.asyncDispose]: () => socket.close(),
  }
}

function connectTo(accounts: readonly string[]): Message {
  if (Array.isArray(accounts) && accounts.length > 0 && accounts.every((account) => account !== '')) {
    return { action: 'connect', value: [...accounts] }
  }
  throw invalidOptions(
    'accounts',
    'are no account numbers',
    'Name one at least; GET /customers/me/accounts lists them.',
  )
}

function addressOf(environment: string | undefined): string {
  if (environment === 'production' || environment === 'sandbox') return ADDRESSES[environment]
  throw invalidOptions('environment', 'is not known', 'Use production or sandbox, or name the server with url.')
}

/** News may come in batches. */
function newsIn(data: unknown): readonly unknown[] {
  const body: unknown = JSON.parse(String(data))
  const results = typeof body === 'object' && body !== null && 'results' in body ? body.results : undefined
  return Array.isArray(results) ? results : [body]
}

function acknowledges(incoming: unknown): Acknowledgement<Message> | null {
  const answer = streamerAnswer(incoming)
  if (answer === null) return null
  const { verdict, id, word, action } = answer
  return { verdict, id, word, isFor: (message) => message.action === action }
}
