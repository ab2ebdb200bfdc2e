import { EvergrantError, invalidOptions, isolated, type AccessToken } from '@evergrant/core'
import { first, firstValueFrom, fromEvent, map, ReplaySubject, Subject, takeUntil, type Observable } from 'rxjs'
import { createReconnectWaits } from '../streamer/reconnect-waits.ts'
import { pause } from '../time/pause.ts'
import { connect, type Connection, type ConnectionParts } from './connection.ts'
import { nextToken } from './next-token.ts'
import type { SocketSession, TokenSocketOptions } from './options.ts'
import { resolveSettings } from './settings.ts'
import { createStatusBoard, failureOf, type Failure, type SocketStatus } from './status.ts'
import { createSubscriptions } from './subscriptions.ts'
import { createJudges } from './token-reports.ts'
import { within } from './within.ts'

export interface SendOptions {
  /** Ends this caller's wait. */
  readonly signal?: AbortSignal | undefined
  /** Ms to wait at most. Default 30,000. */
  readonly maxWait?: number | undefined
}

/** A WebSocket that comes back. Every method is safe to call at any time, also after `close()`. */
export interface TokenSocket<Message = unknown> extends AsyncDisposable {
  /** What comes in, less the answers to subscriptions and heartbeats. Never errors; completes when closed. */
  readonly messages$: Observable<unknown>
  /** The present status, at once and then at each change. Never errors; completes when closed. */
  readonly status$: Observable<SocketStatus>
  getSnapshot(): SocketStatus
  /**
   * Sends a message once, with the present token, as soon as the socket is open. An answer to it comes with `messages$`. Rejects
   * with `wait-timeout`, `invalid-options` for what `write` cannot write, `disposed`, or the reason of `signal`.
   */
  send(message: Message, options?: SendOptions): Promise<void>
  /**
   * Sends a message on this connection and on each later one; resolves when the server has accepted it for the first time.
   * If the server refuses it, with the next token too, it is forgotten, and this rejects with `invalid-options`. Else as
   * `send` does, but whoever stops waiting does not end the subscription.
   */
  subscribe(message: Message, options?: SendOptions): Promise<void>
  /** Forgets a subscription. The server is not told: `send` what it wants for that. */
  unsubscribe(message: Message): void
  /** Ends it for good. Resolves when the socket is closed, after 5 s at most. Never rejects. */
  close(): Promise<void>
}

/** Ms, as for `getToken` of a session. */
const MAX_WAIT = 30_000

const CLOSED: Failure = { code: 'disposed', message: 'The socket was closed', help: 'Make another one.' }
const SIGNED_OUT: Failure = {
  code: 'signed-out',
  message: 'The account was signed out',
  help: 'Log in again: the socket comes back by itself.',
}
const CREDENTIALS_CHANGED: Failure = {
  code: 'credentials-changed',
  message: 'The session was given other credentials',
  help: 'Nothing to do: another connection is made.',
}

/**
 * Keeps a WebSocket open with the tokens of a session, from now on until it is closed or the session is disposed.
 *
 * - Each message gets the token of the moment at which it is sent. A new token does not end a connection; a sign-out and new
 *   credentials do (P14).
 * - A refusal of the token is told to the session, once for each token, and the message is sent again with the next (P10). If
 *   that is refused too, the connection is given up, and no further token.
 * - A connection that ends, or leaves a heartbeat without an answer, is replaced after 0.5 to 1 s, then up to a minute; the
 *   wait is short again once a connection was open for half a minute and had a heartbeat answered.
 * - Without a usable token, and while the session is `revoked` or `blocked`, no connection is made: it waits (P4).
 * - It keeps the process alive, as any open connection does.
 *
 * Throws `invalid-options` at once for options that cannot be used.
 */
export function tokenSocket<Message = unknown>(
  session: SocketSession,
  options: TokenSocketOptions<Message>,
): TokenSocket<Message> {
  const settings = resolveSettings(options)
  const { clock, report, isRejected } = settings
  const incoming = new Subject<unknown>()
  const statuses = new ReplaySubject<SocketStatus>(1)
  // A subscriber may use the socket, and throw what it likes: nobody else hears of either.
  const messages$ = isolated<unknown>(report, (subscriber) => incoming.subscribe(subscriber))
  const status$ = isolated<SocketStatus>(report, (subscriber) => statuses.subscribe(subscriber))
  const board = createStatusBoard(clock, (status) => statuses.next(status))
  const closing = new AbortController()
  const waits = createReconnectWaits(settings.random)
  const createJudge = createJudges(session)
  const judgeClose = createJudge()
  const subscriptions = createSubscriptions(settings.subscriptions, createJudge)
  let connection: Connection<Message> | null = null
  let lastToken: AccessToken | null = null
  let ids = 0

  const parts: ConnectionParts<Message> = {
    settings,
    subscriptions,
    board,
    judge: createJudge(),
    heartbeatJudge: createJudge(),
    refusal: refusedSubscription,
    news: (message) => incoming.next(message),
    nextId: () => (ids += 1),
    async token(signal) {
      return (lastToken = session.peekToken() ?? (await nextToken(session, { clock, signal, failed: board.failed })))
    },
  }

  async function keep(): Promise<void> {
    for (;;) {
      board.waiting()
      const token = await nextToken(session, { clock, signal: closing.signal, failed: board.failed })
      board.connecting()
      const { why, closed } = await hold(token)
      if (closing.signal.aborted) return await closed
      const wait = waits.next()
      board.backoff(wait, why)
      await pause(clock, wait, closing.signal)
      // One socket at a time.
      await closed
    }
  }

  /** One connection, from its making until it is over. */
  async function hold(token: AccessToken): Promise<{ readonly why: Failure; readonly closed?: Promise<void> }> {
    lastToken = token
    try {
      connection = connect(parts, token)
    } catch (error) {
      return { why: failureOf(error) }
    }
    const { over, closed } = connection
    const why = await over
    if (connection.isProved()) {
      waits.reset()
      judgeClose('accepted', lastToken)
    }
    if (why.closeCode !== undefined && isRejected(why.closeCode)) judgeClose('token-refused', lastToken)
    connection = null
    return { why, closed }
  }

  function disposed(): EvergrantError<'disposed'> {
    return new EvergrantError('disposed', {
      message: 'The socket is closed',
      help: 'Make another one, from a session that is not disposed.',
      details: { account: session.account },
    })
  }

  function bounded<T>(
    { signal, maxWait = MAX_WAIT }: SendOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const standing = () => board.status.lastFailure
    return within({ clock, maxWait, signals: [closing.signal, signal], standing }, work)
  }

  async function send(message: Message, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const present = await firstValueFrom(
        statuses.pipe(
          takeUntil(fromEvent(signal, 'abort')),
          // One that is over may be shown as open for a moment more.
          map(({ state }) => (state === 'open' && connection?.signal.aborted === false ? connection : null)),
          first((open) => open !== null),
        ),
      )
      try {
        return await present.tell(message, signal)
      } catch (error) {
        // Lost before it was sent: the next one will do.
        if (!present.signal.aborted) throw error
      }
    }
  }

  function end(): void {
    closing.abort(disposed())
    following.unsubscribe()
    board.closed()
    incoming.complete()
    statuses.complete()
  }

  function close(): Promise<void> {
    closing.abort(disposed())
    connection?.hangUp(CLOSED)
    return finished
  }

  const finished = keep()
    // Only the end of a wait.
    .catch(() => undefined)
    .then(end)
  const following = session.events$.subscribe(({ type }) => {
    if (type === 'credentials-changed') connection?.hangUp(CREDENTIALS_CHANGED)
  })
  following.add(
    session.status$.subscribe({
      next({ state, reason }) {
        if (state === 'unauthenticated' && reason === 'signed-out') connection?.hangUp(SIGNED_OUT)
      },
      complete: () => void close(),
    }),
  )

  return {
    messages$,
    status$,
    getSnapshot: () => board.status,
    send: (message, sending = {}) => bounded(sending, (signal) => send(message, signal)),
    subscribe: (message, sending = {}) =>
      bounded(sending, () => {
        const { accepted } = subscriptions.add(message)
        connection?.askForAll()
        return accepted
      }),
    unsubscribe: (message) => subscriptions.remove(message, new DOMException('Unsubscribed', 'AbortError')),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function refusedSubscription(word: string): EvergrantError<'invalid-options'> {
  return invalidOptions(
    'message',
    `was refused by the server, with the next token too${word === '' ? '' : `: ${word}`}`,
    'Check what it asks for, e.g. the account number, and whether this login may.',
  )
}
