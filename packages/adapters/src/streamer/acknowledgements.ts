/** What an answer says of the message that it is for. */
interface AnswerFor<Sent> {
  /** The number that the message was sent with, if the answer repeats it. */
  readonly id: number | undefined
  readonly isFor: (sent: Sent) => boolean
}

/** Knows which message an answer is for, and so which token it is about. */
export interface Acknowledgements<Sent> {
  sent(message: Sent): void
  /** The message that is answered, which waits no longer; `null` for what nobody asked. */
  answered(answer: AnswerFor<Sent>): Sent | null
  clear(): void
}

/** An answer without the number of a message that waits is for the oldest that it fits. */
export function createAcknowledgements<Sent extends { readonly id: number }>(): Acknowledgements<Sent> {
  const waiting = new Map<number, Sent>()
  return {
    sent(message) {
      waiting.set(message.id, message)
    },
    answered({ id, isFor }) {
      const named = id === undefined ? undefined : waiting.get(id)
      const found = named ?? [...waiting.values()].find(isFor)
      if (found === undefined) return null
      waiting.delete(found.id)
      return found
    },
    clear: () => waiting.clear(),
  }
}
