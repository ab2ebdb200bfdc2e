import { isInvalidOptions, redact, secret, type AccessToken } from '@evergrant/core'
import { pause } from '../time/pause.ts'
import { converse, type Conversation, type ConversationParts, type Reply } from './conversation.ts'
import { dial, type Line } from './line.ts'
import type { Heartbeat } from './options.ts'
import { failureOf, type Failure, type StatusBoard } from './status.ts'
import type { Subscription, Subscriptions } from './subscriptions.ts'
import type { Judge } from './token-reports.ts'

/** One connection: what is wanted is asked for, then heartbeats keep it. */
export interface Connection<Message> extends Pick<Line, 'signal' | 'over' | 'closed' | 'hangUp'> {
  readonly tell: Conversation<Message>['tell']
  /** Asks for what was added. Does nothing before it is open. */
  askForAll(): void
  /** Whether it has proved itself: the next one may be made without delay. */
  isProved(): boolean
}

export interface ConnectionParts<Message> extends Omit<ConversationParts<Message>, 'line'> {
  readonly subscriptions: Subscriptions<Message>
  readonly board: StatusBoard
  readonly heartbeatJudge: Judge
  /** What a subscription is refused with that was never accepted. */
  readonly refusal: (word: string) => Error
}

/** Ms. A server that takes everybody in and throws them out again does it sooner. */
const STEADY = 30_000

/** Throws `invalid-options` for a URL or protocols that cannot be used. */
export function connect<Message>(parts: ConnectionParts<Message>, token: AccessToken): Connection<Message> {
  const { settings, subscriptions, board, heartbeatJudge, refusal } = parts
  const { clock, url, protocols, WebSocket, connectTimeout, heartbeat } = settings
  const address = { WebSocket: WebSocket(), url: url(token), protocols: protocols(token), clock, connectTimeout }
  let isOpen = false
  let asking = false
  let steadySince: number | null = null
  let beats = 0
  const line = dial(address, {
    opened() {
      isOpen = true
      quietly(begin())
    },
    received: (data) => talk.received(data),
  })
  const talk = converse({ ...parts, line })

  /** Whatever goes wrong ends the connection, unless it is over anyway. */
  function quietly(work: Promise<void>): void {
    work.catch((error: unknown) => line.hangUp(failureOf(error)))
  }

  async function begin(): Promise<void> {
    await askForAll()
    steadySince = clock.monotonic()
    if (heartbeat !== undefined) await keepBeating(heartbeat, steadySince)
  }

  /** One after the other: the server wants them in order, and tells with the first whether the token is good. */
  async function askForAll(): Promise<void> {
    if (asking) return
    asking = true
    try {
      for (;;) {
        const next = subscriptions.all().find((subscription) => !subscription.isAcceptedOn(line))
        if (next === undefined) break
        await askFor(next)
      }
    } finally {
      asking = false
    }
    board.open()
  }

  /** Rejects when the line is over; a subscription that was never accepted ends by itself. */
  async function askFor(subscription: Subscription<Message>): Promise<void> {
    const { message, judge, lasting } = subscription
    try {
      let reply = await talk.ask(message)
      let consequence = judge(reply.verdict, reply.token)
      if (consequence === 'again') {
        reply = await talk.ask(message)
        consequence = judge(reply.verdict, reply.token)
      }
      if (consequence === 'accepted') return subscription.accept(line)
      // What was good before is not given up.
      if (lasting) line.hangUp(refused(reply))
      else subscriptions.remove(message, refusal(wordOf(reply)))
    } catch (error) {
      // It cannot be written.
      if (lasting || !isInvalidOptions(error)) throw error
      subscriptions.remove(message, error)
    }
    line.signal.throwIfAborted()
  }

  async function keepBeating({ message, interval }: Heartbeat<Message>, since: number): Promise<void> {
    let last = since
    for (;;) {
      await pause(clock, Math.max(0, last + interval - clock.monotonic()), line.signal)
      const reply = await talk.ask(message)
      last = reply.sentAt
      const consequence = heartbeatJudge(reply.verdict, reply.token)
      if (consequence === 'refused') return line.hangUp(refused(reply))
      if (consequence === 'accepted') {
        beats += 1
        continue
      }
      // With the next token everything is asked for anew (docs/protocol.md#account-streamer).
      for (const subscription of subscriptions.all()) subscription.forget()
      board.connecting()
      await askForAll()
    }
  }

  return {
    signal: line.signal,
    over: line.over,
    closed: line.closed,
    hangUp: (why) => line.hangUp(why),
    tell: (message, signal) => talk.tell(message, signal),
    askForAll() {
      if (isOpen) quietly(askForAll())
    },
    isProved() {
      if (steadySince === null || clock.monotonic() - steadySince < STEADY) return false
      return heartbeat === undefined || beats > 0
    },
  }
}

function refused(reply: Reply): Failure {
  const word = wordOf(reply)
  return {
    code: 'refused',
    message: `The server refused what is asked for on each connection${word === '' ? '' : `: ${word}`}`,
    help: 'Check what is subscribed to, and whether this login may. It is tried again, with growing waits.',
  }
}

/** The server may repeat what it was sent. */
function wordOf({ word, token }: Reply): string {
  return redact(word, [secret(token.value)])
}
