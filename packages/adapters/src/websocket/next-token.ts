import type { AccessToken, Clock, SessionState } from '@evergrant/core'
import { first, firstValueFrom, fromEvent, map, takeUntil } from 'rxjs'
import { pause } from '../time/pause.ts'
import type { SocketSession } from './options.ts'
import { failureOf, type Failure } from './status.ts'

interface Wait {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told why there is no token yet. */
  readonly failed: (failure: Failure) => void
}

/** A connection made now would be refused, or look to the server like one more of those that it has had enough of. */
const BARRED: ReadonlySet<SessionState> = new Set(['revoked', 'blocked'])

/** Ms. A source of credentials that cannot be watched is looked at again only when somebody asks the session. */
const ASK_AGAIN = 60_000

/**
 * The present token, or the next one, however long it takes: while the session is `revoked` or `blocked` none at all.
 * Keeps the process alive. Rejects when the signal aborts, or the session ends.
 */
export async function nextToken(session: SocketSession, { clock, signal, failed }: Wait): Promise<AccessToken> {
  signal.throwIfAborted()
  const found = new AbortController()
  const waiting = AbortSignal.any([signal, found.signal])
  const usable = firstValueFrom(
    session.status$.pipe(
      map(({ state }) => (BARRED.has(state) ? null : session.peekToken())),
      takeUntil(fromEvent(waiting, 'abort')),
      first((token) => token !== null),
    ),
  )

  async function ask(): Promise<void> {
    try {
      await session.getToken({ signal: waiting })
      const { state, lastFailure } = session.getSnapshot()
      if (!BARRED.has(state) || lastFailure === null) return
      const { code, message, help } = lastFailure
      failed({ code, message, help })
    } catch (error) {
      if (!waiting.aborted) failed(failureOf(error))
    }
  }

  async function keepAsking(): Promise<never> {
    for (;;) {
      void ask()
      await pause(clock, ASK_AGAIN, waiting)
    }
  }

  // One that was signed out waits to be asked, new credentials or not.
  const renewed = session.events$.subscribe(({ type }) => {
    if (type === 'credentials-changed') void ask()
  })
  try {
    return await Promise.race([usable, keepAsking()])
  } finally {
    found.abort()
    renewed.unsubscribe()
  }
}
