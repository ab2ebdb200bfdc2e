import type { AccessToken } from '@evergrant/core'
import type { ObservedSession } from './observed-session.ts'

/** The token as a value that can be read at any time and followed. */
export interface PresentToken {
  /** The token that was shown last; stable until a subscriber was told of another. */
  readonly read: () => AccessToken | null
  /** Calls back after each change; gives back the way to stop. */
  readonly subscribe: (changed: () => void) => () => void
}

/**
 * Not `peekToken()`, which tells a session that its token has died: a component that is being drawn must set nothing off.
 */
export function presentToken({ token$ }: Pick<ObservedSession, 'token$'>): PresentToken {
  let token: AccessToken | null = null
  // Replays the present token before it returns.
  token$.subscribe((present) => (token = present)).unsubscribe()

  return {
    read: () => token,
    subscribe(changed) {
      const following = token$.subscribe((present) => {
        if (present === token) return
        token = present
        changed()
      })
      return () => following.unsubscribe()
    },
  }
}
