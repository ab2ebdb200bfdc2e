import type { AccessToken, Clock, TokenSession } from '@evergrant/core'
import type { AnswerVerdict } from '../streamer/streamer-answer.ts'

/** What a socket needs of a session. */
export type SocketSession = Pick<
  TokenSession,
  'account' | 'peekToken' | 'getToken' | 'reportRejected' | 'getSnapshot' | 'status$' | 'events$'
>

/** What is used of a WebSocket: the standard's, or one that is like it. */
export interface WebSocketLike {
  binaryType: string
  send(data: string): void
  close(code?: number): void
  /** That of the package ws: ends a connection whose server says no goodbye. */
  terminate?(): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** What an incoming message says of one that was sent. */
export interface Acknowledgement<Message> {
  /**
   * `token-refused`: the message did not count, and its token may be why. `refused`: it did not count for a reason that
   * has nothing to do with the token.
   */
  readonly verdict: AnswerVerdict
  /** The number that `write` was given for the message, if the answer repeats it. */
  readonly id?: number | undefined
  /** Whether it can be for this message. Where there is no number, the oldest that waits for an answer counts. */
  readonly isFor: (message: Message) => boolean
  /** The server's own word for a refusal, for the error. */
  readonly word?: string | undefined
}

export interface Heartbeat<Message> {
  readonly message: Message
  /** Ms from one to the next. */
  readonly interval: number
}

export interface TokenSocketOptions<Message = unknown> {
  /**
   * wss, or ws on loopback. A function is called for each connection; a URL with the token in it is refused, since URLs
   * end up in logs.
   */
  readonly url: string | ((token: AccessToken) => string)
  /** The subprotocols to offer, where some servers want the token. Default none. */
  readonly protocols?: readonly string[] | ((token: AccessToken) => readonly string[]) | undefined
  /**
   * The text of a message. Called as it is sent, with the token of that moment and a number of its own. Default: the
   * message as JSON, without a token.
   */
  readonly write?:
    | ((message: Message, sending: { readonly token: AccessToken; readonly id: number }) => string)
    | undefined
  /** The messages in what came in: a text, or an `ArrayBuffer`. Default: one, a text as JSON where it is JSON. */
  readonly read?: ((data: unknown) => readonly unknown[]) | undefined
  /** Sent on each connection before all else, one after the other, each once the one before was accepted. */
  readonly subscriptions?: readonly Message[] | undefined
  /** Default none. */
  readonly heartbeat?: Heartbeat<Message> | undefined
  /**
   * What an incoming message says of one that was sent; `null` for news. Without it, a message counts as accepted once it
   * was sent, and a server that has fallen silent is not noticed.
   */
  readonly acknowledges?: ((incoming: unknown) => Acknowledgement<Message> | null) | undefined
  /** Whether a server that closes with this code has refused the token. Default: 3000 (registered with IANA) and 4401. */
  readonly isRejected?: ((closeCode: number) => boolean) | undefined
  /** Ms that a connection may take to come about. Default 15,000. */
  readonly connectTimeout?: number | undefined
  /** Ms that the server may take to answer a subscription or a heartbeat. Default 15,000. */
  readonly answerTimeout?: number | undefined
  /** Default: the global one, looked up for each connection. */
  readonly WebSocket?: WebSocketConstructor | undefined
  /** Default the system's. */
  readonly clock?: Clock | undefined
  /** 0 to 1, spreads the waits between connections. Default `Math.random`. */
  readonly random?: (() => number) | undefined
  /** Told what a subscriber threw, or one of the functions here. Default: `console.error`. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}
