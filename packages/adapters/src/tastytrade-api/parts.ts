import { invalidOptions } from '@evergrant/core'
import { isReplaced } from './replaced.ts'

/** What is looked at of the client of `@tastytrade/api`. */
export interface DrivenClient {
  readonly httpClient: object
  readonly accountStreamer: object
}

/** The SDK's `TastytradeHttpClient`, its private members too. */
export interface HttpClientPart {
  readonly needsTokenRefresh: boolean
  readonly authHeader: string | null
  readonly accessToken: unknown
  generateAccessToken(): Promise<unknown>
  axiosConfig(
    method: string,
    url: string,
    data?: object,
    headers?: Readonly<Record<string, unknown>>,
    params?: object,
  ): object
}

/** The SDK's `JsonBuilder`. */
export interface MessageBuilder {
  readonly json: Readonly<Record<string, unknown>>
}

type RequestPromise = readonly [resolve: (action: unknown) => void, reject: (message: unknown) => void]

/** The SDK's log, as the streamer uses it. */
export interface LogPart {
  error(...data: unknown[]): void
  info(...data: unknown[]): void
  warn(...data: unknown[]): void
}

interface WebSocketPart {
  readonly readyState: number
  addEventListener(type: 'error', listener: () => void): void
}

/** The SDK's `AccountStreamer`, its private members too. */
export interface StreamerPart {
  readonly isOpen: boolean
  readonly logger: LogPart
  readonly websocket: WebSocketPart | null
  readonly requestPromises: Map<number, RequestPromise>
  readonly httpClient: HttpClientPart
  requestCounter: number
  start(): Promise<boolean>
  stop(): void
  send(message: MessageBuilder): Promise<number>
  subscribeTo(action: string, value?: unknown): Promise<number>
  scheduleHeartbeatTimer(): void
  handleOneMessage(message: Readonly<Record<string, unknown>>): void
  addStreamerStateObserver(observer: () => void): () => void
}

const HTTP_METHODS = ['generateAccessToken', 'axiosConfig', 'executeRequest']
const STREAMER_METHODS = [
  'start',
  'stop',
  'send',
  'subscribeTo',
  'scheduleHeartbeatTimer',
  'handleOneMessage',
  'addStreamerStateObserver',
]

/** Private members may go with any release, so they are looked for before the first is used. */
export function partsOf(client: DrivenClient): { httpClient: HttpClientPart; accountStreamer: StreamerPart } {
  const { httpClient, accountStreamer } = client
  const known =
    hasMethods(httpClient, HTTP_METHODS) &&
    hasMethods(accountStreamer, STREAMER_METHODS) &&
    'authHeader' in httpClient &&
    'requestPromises' in accountStreamer &&
    accountStreamer['requestPromises'] instanceof Map
  if (!known) {
    throw invalidOptions(
      'client',
      'is not built as that of @tastytrade/api 7 is',
      'Install @tastytrade/api 7, or use a client of your own with bearer(session) of @evergrant/adapters/axios.',
    )
  }
  if (isReplaced(httpClient, 'axiosConfig')) {
    throw invalidOptions('client', 'is driven by a session already', 'Dispose that first, or make another client.')
  }
  return {
    httpClient: httpClient as unknown as HttpClientPart,
    accountStreamer: accountStreamer as unknown as StreamerPart,
  }
}

function hasMethods(part: unknown, names: readonly string[]): part is Readonly<Record<string, unknown>> {
  if (typeof part !== 'object' || part === null) return false
  return names.every((name) => typeof (part as Readonly<Record<string, unknown>>)[name] === 'function')
}
