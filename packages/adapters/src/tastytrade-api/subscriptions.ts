import type { MessageBuilder } from './parts.ts'

/** What a program asked the streamer for, and wants again after each connect. */
export interface Subscription {
  readonly message: MessageBuilder
  /** Of the last time that it was sent; before that, of the promise that the program waits for. */
  requestId: number | null
  /** The socket that it was sent on. */
  sentOn: object | null
  /** Once, at least. */
  accepted: boolean
  /** It was refused, and sent again since. */
  repeated: boolean
}

export interface Subscriptions {
  add(message: MessageBuilder): Subscription
  of(requestId: number): Subscription | undefined
  remove(subscription: Subscription): void
  /** In the order in which they were asked for: the server wants `connect` before all else. */
  all(): readonly Subscription[]
  clear(): void
}

const SUBSCRIBES = /^connect$|-subscribe$/

export function isSubscription({ json: { action } }: MessageBuilder): boolean {
  return typeof action === 'string' && SUBSCRIBES.test(action)
}

export function createSubscriptions(): Subscriptions {
  const asked = new Set<Subscription>()
  const find = (test: (subscription: Subscription) => boolean) => [...asked].find(test)
  return {
    add(message) {
      // Programs that connect again by themselves ask for the same again.
      const same = find((other) => other.accepted && keyOf(other.message) === keyOf(message))
      if (same !== undefined) asked.delete(same)
      const subscription = { message, requestId: null, sentOn: null, accepted: false, repeated: false }
      asked.add(subscription)
      return subscription
    },
    of: (requestId) => find((subscription) => subscription.requestId === requestId),
    remove: (subscription) => void asked.delete(subscription),
    all: () => [...asked],
    clear: () => asked.clear(),
  }
}

function keyOf({ json: { action, value } }: MessageBuilder): string {
  return JSON.stringify([action, value])
}
