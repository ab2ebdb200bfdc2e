import type { AccessToken } from '@evergrant/core'

interface SentMessage {
  readonly requestId: number
  readonly action: string
  readonly token: AccessToken
}

type Answer = Readonly<Record<string, unknown>>

/** Knows which message an answer of the account streamer is for, and so which token it is about. */
export interface Acknowledgements {
  sent(message: SentMessage): void
  /** The message that is answered; `null` for news, and for what nobody asked. */
  answered(answer: Answer): SentMessage | null
  clear(): void
}

/** A refusal may come without the `request-id` (PROTOCOL.md part 5); it is then for the oldest message of its action. */
export function createAcknowledgements(): Acknowledgements {
  const waiting = new Map<number, SentMessage>()
  return {
    sent(message) {
      waiting.set(message.requestId, message)
    },
    answered(answer) {
      if (typeof answer['action'] !== 'string' || answer['status'] === undefined) return null
      // Sent as a number, it may come back as a string.
      const named = waiting.get(Number(answer['request-id'] ?? Number.NaN))
      const found = named ?? [...waiting.values()].find(({ action }) => action === answer['action'])
      if (found === undefined) return null
      waiting.delete(found.requestId)
      return found
    },
    clear: () => waiting.clear(),
  }
}

/** What the server says where messages come in the wrong order, with a token that is good. */
const OUT_OF_ORDER = new Set(['not-implemented', 'connect-not-completed'])

export function isAccepted(answer: Answer): boolean {
  return answer['status'] === 'ok'
}

export function isTokenRefusal(answer: Answer): boolean {
  return answer['status'] === 'error' && !OUT_OF_ORDER.has(String(answer['message']))
}
