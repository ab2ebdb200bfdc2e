/**
 * `token-refused`: the message did not count, and its token may be why. `refused`: it did not count for a reason that has
 * nothing to do with the token.
 */
export type AnswerVerdict = 'accepted' | 'token-refused' | 'refused'

/** What the account streamer says to a message (docs/protocol.md#account-streamer). */
export interface StreamerAnswer {
  readonly verdict: AnswerVerdict
  readonly action: string
  /** A refusal may come without it. */
  readonly id: number | undefined
  /** The server's own word for a refusal, e.g. `failed`. */
  readonly word: string
}

/** What the server says where messages come in the wrong order, with a token that is good. */
const OUT_OF_ORDER: ReadonlySet<string> = new Set(['not-implemented', 'connect-not-completed'])

/** `null` for news. */
export function streamerAnswer(body: unknown): StreamerAnswer | null {
  if (typeof body !== 'object' || body === null) return null
  const { action, status, message, 'request-id': id } = body as Readonly<Record<string, unknown>>
  if (typeof action !== 'string' || status === undefined) return null
  const word = typeof message === 'string' ? message : ''
  // Sent as a number, it may come back as a string.
  return { verdict: verdictOn(status, word), action, id: id == null ? undefined : Number(id), word }
}

function verdictOn(status: unknown, word: string): AnswerVerdict {
  if (status === 'ok') return 'accepted'
  return status === 'error' && !OUT_OF_ORDER.has(word) ? 'token-refused' : 'refused'
}
