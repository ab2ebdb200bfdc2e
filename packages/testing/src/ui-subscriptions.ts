import type { TokenSession } from '@evergrant/core'
import { Observable } from 'rxjs'

/** What a UI binding gets to see of a session. */
export type UiSession = Pick<TokenSession, 'getSnapshot' | 'subscribe' | 'token$' | 'status$'>

/** The same session, with a count of the subscriptions that have not ended. */
export function watchSubscriptions(session: UiSession): {
  readonly watched: UiSession
  readonly subscriptions: () => number
} {
  let live = 0

  /** Counts one; gives the way to count it out, which works once. */
  function begin(): () => void {
    let lives = true
    live += 1
    return () => {
      if (lives) live -= 1
      lives = false
    }
  }

  const counted = <T>(source$: Observable<T>): Observable<T> =>
    new Observable<T>((subscriber) => {
      subscriber.add(begin())
      return source$.subscribe(subscriber)
    })

  return {
    watched: {
      getSnapshot: session.getSnapshot,
      subscribe(listener) {
        const end = begin()
        const stop = session.subscribe(listener)
        return () => {
          end()
          stop()
        }
      },
      token$: counted(session.token$),
      status$: counted(session.status$),
    },
    subscriptions: () => live,
  }
}
