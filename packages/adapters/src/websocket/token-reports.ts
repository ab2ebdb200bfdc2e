import type { AccessToken } from '@evergrant/core'
import type { AnswerVerdict } from '../streamer/streamer-answer.ts'
import { createTokenRefusals } from '../streamer/token-refusals.ts'
import type { SocketSession } from './options.ts'

/** What to do about an answer. `again`: the next token may do. `refused`: neither this one nor the one before did. */
type Consequence = 'accepted' | 'again' | 'refused'

/** Tells the consequences for one kind of message, which may be refused whatever the token is. */
export type Judge = (verdict: AnswerVerdict, token: AccessToken) => Consequence

/**
 * Makes judges, which tell the session of a refused token, once for each generation (P10). What one message is refused
 * counts for that message alone: a wrong subscription among good ones would else burn a token at each connection (P13).
 */
export function createJudges(session: Pick<SocketSession, 'reportRejected'>): () => Judge {
  let reported = 0
  function report(token: AccessToken): void {
    if (token.generation <= reported) return
    reported = token.generation
    session.reportRejected(token)
  }

  return () => {
    const refusals = createTokenRefusals()
    return (verdict, token) => {
      if (verdict === 'accepted') {
        refusals.accepted(token)
        return 'accepted'
      }
      if (verdict === 'refused') return 'refused'
      const refusal = refusals.refused(token)
      if (refusal === 'new') report(token)
      return refusal === 'persists' ? 'refused' : 'again'
    }
  }
}
