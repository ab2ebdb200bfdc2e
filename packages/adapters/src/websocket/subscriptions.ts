import { invalidOptions } from '@evergrant/core'
import { failureName } from '../http/failure-name.ts'
import type { Judge } from './token-reports.ts'

/** A message that is sent on each connection. */
export interface Subscription<Message> {
  readonly message: Message
  readonly judge: Judge
  /** Resolves when it is accepted for the first time; rejects if it is given up before. */
  readonly accepted: Promise<void>
  /** It is kept whatever the server says: it was accepted before, or belongs to the socket. */
  readonly lasting: boolean
  isAcceptedOn(connection: object): boolean
  accept(connection: object): void
  giveUp(error: Error): void
  /** It is asked for anew on the same connection. */
  forget(): void
}

export interface Subscriptions<Message> {
  /** The one that there is for an equal message, or a new one. */
  add(message: Message): Subscription<Message>
  /** Whoever waits for it is told the error. */
  remove(message: Message, error: Error): void
  /** In the order in which they were added. */
  all(): readonly Subscription<Message>[]
}

export function createSubscriptions<Message>(
  lasting: readonly Message[],
  createJudge: () => Judge,
): Subscriptions<Message> {
  const kept = new Map<string, Subscription<Message>>()

  function add(message: Message, isLasting: boolean): Subscription<Message> {
    const key = keyOf(message)
    const present = kept.get(key)
    if (present !== undefined) return present
    const subscription = createSubscription(message, isLasting, createJudge())
    kept.set(key, subscription)
    return subscription
  }
  for (const message of lasting) add(message, true)

  return {
    add: (message) => add(message, false),
    remove(message, error) {
      const key = keyOf(message)
      kept.get(key)?.giveUp(error)
      kept.delete(key)
    },
    all: () => [...kept.values()],
  }
}

function createSubscription<Message>(message: Message, lasting: boolean, judge: Judge): Subscription<Message> {
  let isLasting = lasting
  let acceptedOn: object | null = null
  let resolve: () => void
  let reject: (error: Error) => void
  const accepted = new Promise<void>((...settle) => ([resolve, reject] = settle))
  // Whoever asked may have stopped waiting.
  accepted.catch(() => undefined)
  return {
    message,
    judge,
    accepted,
    get lasting() {
      return isLasting
    },
    isAcceptedOn: (connection) => acceptedOn === connection,
    accept(connection) {
      acceptedOn = connection
      isLasting = true
      resolve()
    },
    giveUp: (error) => reject(error),
    forget() {
      acceptedOn = null
    },
  }
}

function keyOf(message: unknown): string {
  try {
    return JSON.stringify(message)
  } catch (error) {
    throw invalidOptions(
      'message',
      `is no JSON (${failureName(error)})`,
      'Give plain values, without cycles and bigints.',
    )
  }
}
