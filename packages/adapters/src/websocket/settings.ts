import { invalidOptions, systemClock, type AccessToken, type Clock } from '@evergrant/core'
import { checkKnownOptions } from '../options/known-options.ts'
import type { Acknowledgement, Heartbeat, TokenSocketOptions, WebSocketConstructor } from './options.ts'
import { socketUrl } from './socket-url.ts'

/** {@link TokenSocketOptions}, checked and complete. */
export interface Settings<Message> {
  readonly url: (token: AccessToken) => string
  readonly protocols: (token: AccessToken) => readonly string[]
  readonly write: (message: Message, sending: { readonly token: AccessToken; readonly id: number }) => string
  readonly read: (data: unknown) => readonly unknown[]
  readonly subscriptions: readonly Message[]
  readonly heartbeat: Heartbeat<Message> | undefined
  readonly acknowledges: ((incoming: unknown) => Acknowledgement<Message> | null) | undefined
  readonly isRejected: (closeCode: number) => boolean
  readonly connectTimeout: number
  readonly answerTimeout: number
  readonly WebSocket: () => WebSocketConstructor
  readonly clock: Clock
  readonly random: () => number
  readonly report: (error: unknown) => void
}

const KNOWN = [
  'url',
  'protocols',
  'write',
  'read',
  'subscriptions',
  'heartbeat',
  'acknowledges',
  'isRejected',
  'connectTimeout',
  'answerTimeout',
  'WebSocket',
  'clock',
  'random',
  'onListenerError',
] as const satisfies readonly (keyof TokenSocketOptions)[]

/** Ms. A healthy server answers within a second; a network that wakes up takes a few. */
const PATIENCE = 15_000
/** Unauthorized: 3000 in IANA's registry of close codes, 4401 by a custom that follows HTTP. */
const UNAUTHORIZED: ReadonlySet<number> = new Set([3000, 4401])

/** Throws `invalid-options` for what cannot be used. */
export function resolveSettings<Message>(options: TokenSocketOptions<Message>): Settings<Message> {
  checkKnownOptions(options, KNOWN)
  const { url, protocols = [], connectTimeout = PATIENCE, answerTimeout = PATIENCE, heartbeat } = options
  checkTime('connectTimeout', connectTimeout)
  checkTime('answerTimeout', answerTimeout)
  if (heartbeat !== undefined) checkTime('heartbeat.interval', heartbeat.interval)
  if ((options.WebSocket ?? globalThis.WebSocket) === undefined) {
    throw invalidOptions('WebSocket', 'is missing in this runtime', 'Pass one, e.g. that of the package ws.')
  }
  return {
    url: typeof url === 'function' ? (token) => socketUrl(url(token), token) : always(socketUrl(url)),
    protocols: typeof protocols === 'function' ? protocols : always(protocols),
    write: options.write ?? ((message) => JSON.stringify(message)),
    read: options.read ?? readJson,
    subscriptions: options.subscriptions ?? [],
    heartbeat,
    acknowledges: options.acknowledges,
    isRejected: options.isRejected ?? ((closeCode) => UNAUTHORIZED.has(closeCode)),
    connectTimeout,
    answerTimeout,
    WebSocket: () => options.WebSocket ?? globalThis.WebSocket,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    report: unfailing(options.onListenerError ?? print),
  }
}

function always<T>(value: T): () => T {
  return () => value
}

function checkTime(option: string, ms: number): void {
  if (Number.isFinite(ms) && ms > 0) return
  throw invalidOptions(option, 'is not a time above 0', 'Give it in milliseconds.')
}

function readJson(data: unknown): readonly unknown[] {
  if (typeof data !== 'string') return [data]
  try {
    return [JSON.parse(data) as unknown]
  } catch {
    return [data]
  }
}

const print = (error: unknown): void => console.error('evergrant: a subscriber threw', error)

/** A reporter that fails has nobody to report to; the others go on (P12). */
function unfailing(report: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      report(error)
    } catch {
      // Nothing is left to do.
    }
  }
}
