import type { AccessToken } from '@evergrant/core'
import type { BearerSession } from '../bearer/options.ts'
import { createAcknowledgements } from '../streamer/acknowledgements.ts'
import { streamerAnswer } from '../streamer/streamer-answer.ts'
import { createTokenRefusals } from '../streamer/token-refusals.ts'
import { keepConnection, type ConnectionOptions } from './connection.ts'
import { withoutTokens } from './log.ts'
import type { MessageBuilder, StreamerPart } from './parts.ts'
import { replaceMembers } from './replaced.ts'
import { createSubscriptions, isSubscription, type Subscription } from './subscriptions.ts'

const HEARTBEAT = 'heartbeat'

interface SentMessage {
  readonly id: number
  readonly action: string
  readonly token: AccessToken
}

export function driveAccountStreamer(
  streamer: StreamerPart,
  session: BearerSession,
  options: ConnectionOptions,
): Disposable {
  const send = streamer.send.bind(streamer)
  const handOn = streamer.handleOneMessage.bind(streamer)
  const acknowledgements = createAcknowledgements<SentMessage>()
  const subscriptions = createSubscriptions()
  // Apart, or a server that accepts the one and never the other would be given token after token (P13).
  const heartbeatRefusals = createTokenRefusals()
  const otherRefusals = createTokenRefusals()
  const connection = keepConnection(streamer, options, {
    subscribe,
    dropped: () => acknowledgements.clear(),
  })
  /** The token of the message that is being sent; the SDK sends in the same turn. */
  let carried: AccessToken | null = null

  /** `null` if the connection was gone before the token came. */
  async function transmit(message: MessageBuilder): Promise<number | null> {
    const socket = streamer.websocket
    const token = session.peekToken() ?? (await session.getToken())
    if (streamer.websocket !== socket) return null
    carried = token
    const sending = send(message)
    carried = null
    const requestId = streamer.requestCounter
    acknowledgements.sent({ id: requestId, action: String(message.json['action']), token })
    await sending
    return requestId
  }

  async function subscribeTo(subscription: Subscription): Promise<void> {
    subscription.sentOn = streamer.websocket
    const before = subscription.requestId
    try {
      const requestId = await transmit(subscription.message)
      if (requestId === null) return
      subscription.requestId = requestId
      // Whoever waits, waits for the number that was sent first.
      const waiting = before === null ? undefined : streamer.requestPromises.get(before)
      if (before === null || waiting === undefined) return
      streamer.requestPromises.delete(before)
      streamer.requestPromises.set(requestId, waiting)
    } catch (error) {
      subscription.sentOn = null
      throw error
    }
  }

  /** Asks for all that was not asked for on this connection. */
  async function subscribe(): Promise<void> {
    for (const subscription of subscriptions.all()) {
      if (subscription.sentOn === streamer.websocket) continue
      subscription.repeated = false
      await subscribeTo(subscription)
    }
  }

  async function ask(message: MessageBuilder): Promise<number> {
    const subscription = subscriptions.add(message)
    if (streamer.isOpen) {
      try {
        await subscribeTo(subscription)
      } catch (error) {
        subscriptions.remove(subscription)
        throw error
      }
    }
    // Sent when the connection is there.
    if (subscription.requestId === null) {
      streamer.requestCounter += 1
      subscription.requestId = streamer.requestCounter
    }
    return subscription.requestId
  }

  /** Never rejects: the SDK does not look. It sets its next timer on an answer only. */
  async function beat(message: MessageBuilder): Promise<number> {
    try {
      await transmit(message)
    } catch {
      if (streamer.isOpen) streamer.scheduleHeartbeatTimer()
    }
    return streamer.requestCounter
  }

  function askAgain(subscription: Subscription): void {
    subscription.repeated = true
    subscribeTo(subscription).catch((error: unknown) => {
      const { requestId } = subscription
      const waiting = requestId === null ? undefined : streamer.requestPromises.get(requestId)
      if (subscription.accepted) {
        connection.renew()
        return
      }
      subscriptions.remove(subscription)
      if (requestId !== null) streamer.requestPromises.delete(requestId)
      waiting?.[1](error)
    })
  }

  function handleOneMessage(answer: Readonly<Record<string, unknown>>): void {
    const said = streamerAnswer(answer)
    const isFor = ({ action }: SentMessage) => action === said?.action
    const sent = said === null ? null : acknowledgements.answered({ id: said.id, isFor })
    if (said === null || sent === null) return handOn(answer)
    const subscription = subscriptions.of(sent.id)
    const refusals = sent.action === HEARTBEAT ? heartbeatRefusals : otherRefusals

    if (said.verdict === 'accepted') {
      refusals.accepted(sent.token)
      connection.proved()
      if (subscription !== undefined) Object.assign(subscription, { accepted: true, repeated: false })
      return handOn(answer)
    }
    if (said.verdict === 'refused') return handOn({ ...answer, 'request-id': sent.id })

    const refusal = refusals.refused(sent.token)
    if (refusal === 'new') session.reportRejected(sent.token)
    if (subscription !== undefined) {
      if (refusal !== 'persists' && !subscription.repeated) return askAgain(subscription)
      // What was good before is not given up.
      if (subscription.accepted) return connection.renew()
      subscriptions.remove(subscription)
    } else if (sent.action === HEARTBEAT) {
      if (refusal === 'persists') return connection.renew()
      if (refusal === 'new') for (const accepted of subscriptions.all()) askAgain(accepted)
    }
    return handOn({ ...answer, 'request-id': sent.id })
  }

  const replaced = replaceMembers<StreamerPart & { readonly authHeader: string | null }>(
    streamer as StreamerPart & { readonly authHeader: string | null },
    {
      logger: withoutTokens(streamer.logger),
      get authHeader() {
        return (carried ?? session.peekToken())?.authorization ?? null
      },
      send(message) {
        if (message.json['action'] === HEARTBEAT) return beat(message)
        if (isSubscription(message)) return ask(message)
        return transmit(message).then((requestId) => requestId ?? send(message))
      },
      handleOneMessage,
      start: () => connection.start(),
      stop() {
        subscriptions.clear()
        acknowledgements.clear()
        connection.stop()
      },
    },
  )

  return {
    [Symbol.dispose]() {
      // Without the session, its next heartbeat would log in by itself, and nobody hears of the failure.
      connection.stop()
      connection[Symbol.dispose]()
      replaced[Symbol.dispose]()
    },
  }
}
