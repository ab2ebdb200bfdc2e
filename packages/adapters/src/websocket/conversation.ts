import { invalidOptions, type AccessToken } from '@evergrant/core'
import { failureName } from '../http/failure-name.ts'
import { createAcknowledgements } from '../streamer/acknowledgements.ts'
import type { Line } from './line.ts'
import type { Acknowledgement } from './options.ts'
import type { Settings } from './settings.ts'
import type { Failure } from './status.ts'
import type { Judge } from './token-reports.ts'

/** What the server says to a message, and the token that it was sent with. */
export interface Reply {
  readonly verdict: Acknowledgement<unknown>['verdict']
  readonly word: string
  readonly token: AccessToken
  /** By the monotonic clock. */
  readonly sentAt: number
}

/** Sends messages on one line, each with the token of that moment, and knows which answer is for which. */
export interface Conversation<Message> {
  /** Rejects when the line is over. Hangs up if no answer comes in time. */
  ask(message: Message): Promise<Reply>
  /** Sends a message whose answer, if there is one, is news to the program. Rejects when the line is over, or with `signal`. */
  tell(message: Message, signal: AbortSignal): Promise<void>
  received(data: unknown): void
}

export interface ConversationParts<Message> {
  readonly settings: Settings<Message>
  readonly line: Line
  /** The present token, or the next one. */
  readonly token: (signal: AbortSignal) => Promise<AccessToken> | AccessToken
  /** Judges what `tell` has sent. */
  readonly judge: Judge
  readonly nextId: () => number
  readonly news: (incoming: unknown) => void
}

interface Sent<Message> {
  readonly id: number
  readonly message: Message
  readonly token: AccessToken
  /** `null` for what was told. */
  readonly answer: ((answer: Acknowledgement<Message>) => void) | null
}

/** Of what was told and perhaps is never answered, the last so many are remembered. */
const MOST_TOLD = 64

export function converse<Message>(parts: ConversationParts<Message>): Conversation<Message> {
  const { settings, line, token: tokenFor, judge, nextId, news } = parts
  const { clock, acknowledges, answerTimeout, report } = settings
  const waiting = createAcknowledgements<Sent<Message>>()
  const told: number[] = []

  function numbered(message: Message, token: AccessToken) {
    const id = nextId()
    return { id, text: written(settings, message, { token, id }) }
  }

  async function ask(message: Message): Promise<Reply> {
    const token = await tokenFor(line.signal)
    line.signal.throwIfAborted()
    const { id, text } = numbered(message, token)
    const sentAt = clock.monotonic()
    if (acknowledges === undefined) {
      line.send(text)
      return { verdict: 'accepted', word: '', token, sentAt }
    }
    return await new Promise((resolve, reject) => {
      const late = clock.alarm(sentAt + answerTimeout, () => line.hangUp(silent(answerTimeout)), { hold: true })
      const leave = (): void => {
        late[Symbol.dispose]()
        reject(line.signal.reason as Error)
      }
      line.signal.addEventListener('abort', leave, { once: true })
      waiting.sent({
        id,
        message,
        token,
        answer({ verdict, word = '' }) {
          late[Symbol.dispose]()
          line.signal.removeEventListener('abort', leave)
          resolve({ verdict, word, token, sentAt })
        },
      })
      line.send(text)
    })
  }

  async function tell(message: Message, signal: AbortSignal): Promise<void> {
    const token = await tokenFor(line.signal)
    // From here on nothing may come in between: what is sent on a line that is over is lost without a word, and whoever
    // gave up must not see it sent after all.
    line.signal.throwIfAborted()
    signal.throwIfAborted()
    const { id, text } = numbered(message, token)
    if (acknowledges !== undefined) {
      waiting.sent({ id, message, token, answer: null })
      told.push(id)
      if (told.length > MOST_TOLD) waiting.answered({ id: told.shift(), isFor: () => false })
    }
    line.send(text)
  }

  function attempt<T>(work: () => T, otherwise: T): T {
    try {
      return work()
    } catch (error) {
      report(error)
      return otherwise
    }
  }

  function take(incoming: unknown): void {
    const answer = attempt(() => acknowledges?.(incoming) ?? null, null)
    if (answer === null) return news(incoming)
    const isFor = ({ message }: Sent<Message>) => attempt(() => answer.isFor(message), false)
    const sent = waiting.answered({ id: answer.id, isFor })
    if (sent !== null && sent.answer !== null) return sent.answer(answer)
    if (sent !== null) judge(answer.verdict, sent.token)
    news(incoming)
  }

  return {
    ask,
    tell,
    received(data) {
      for (const incoming of attempt(() => settings.read(data), [data])) take(incoming)
    },
  }
}

/** An error of `write` is not handed on: it may quote the token (P11). */
function written<Message>(
  { write }: Settings<Message>,
  message: Message,
  sending: { readonly token: AccessToken; readonly id: number },
): string {
  try {
    return write(message, sending)
  } catch (error) {
    throw invalidOptions('message', `cannot be written (${failureName(error)})`, 'Look at it, and at write.')
  }
}

function silent(ms: number): Failure {
  return {
    code: 'silent',
    message: `The server did not answer within ${ms} ms`,
    help: 'Nothing to do: another connection is made.',
  }
}
