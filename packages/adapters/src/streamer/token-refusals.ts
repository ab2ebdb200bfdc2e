import type { AccessToken } from '@evergrant/core'

/**
 * `new`: of a token that had not been refused yet. `late`: of one refused before, or an older one. `persists`: of the token
 * that came in its place.
 */
type Refusal = 'new' | 'late' | 'persists'

/**
 * The streamer does not say why it refuses. So a refusal speaks against a token once, and only when a message was
 * accepted does the next: else a wrong account number would burn one token after the other.
 */
export interface TokenRefusals {
  accepted(token: AccessToken): void
  refused(token: AccessToken): Refusal
}

export function createTokenRefusals(): TokenRefusals {
  let last: AccessToken | null = null
  return {
    accepted(token) {
      if (last !== null && token.generation > last.generation) last = null
    },
    refused(token) {
      if (last === null) {
        last = token
        return 'new'
      }
      return token.generation <= last.generation ? 'late' : 'persists'
    },
  }
}
