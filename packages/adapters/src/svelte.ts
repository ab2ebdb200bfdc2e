import type { AccessToken, SessionStatus } from '@evergrant/core'
import { createSubscriber } from 'svelte/reactivity'
import { readable, type Readable } from 'svelte/store'
import { statusOnServer, type ObservedSession, type SelectStatus } from './ui/observed-session.ts'
import { presentToken } from './ui/present-token.ts'

export type { ObservedSession, SelectStatus } from './ui/observed-session.ts'

/** A value of a session for either way of Svelte: a store (`$status`), and a reactive property (`status.current`). */
export interface Following<T> extends Readable<T> {
  /** The present value; where it is read in an effect or a template, that follows it. */
  readonly current: T
}

/**
 * The status of a session, or what `select` picks of it. Follows the session only while something follows it. A server
 * renders `unauthenticated`.
 */
export function statusOf(session: ObservedSession): Following<SessionStatus>
export function statusOf<T>(session: ObservedSession, select: SelectStatus<T>): Following<T>
export function statusOf<T>(session: ObservedSession, select = whole as SelectStatus<T>): Following<T> {
  const read = () => select(typeof document === 'undefined' ? statusOnServer : session.getSnapshot())
  return follow(read, session.subscribe)
}

/** The present access token; `null` while there is none, and on a server. */
export function tokenOf(session: Pick<ObservedSession, 'token$'>): Following<AccessToken | null> {
  const { read, subscribe } = presentToken(session)
  return follow(() => (typeof document === 'undefined' ? null : read()), subscribe)
}

const whole = (status: SessionStatus): unknown => status

function follow<T>(read: () => T, subscribe: (changed: () => void) => () => void): Following<T> {
  /** Svelte reads anew whatever it is told of, so it is told of nothing but what differs. */
  function follows(changed: () => void): () => void {
    let shown = read()
    return subscribe(() => {
      const next = read()
      if (Object.is(next, shown)) return
      shown = next
      changed()
    })
  }

  const store = readable<T>(read(), (set) => {
    set(read())
    return follows(() => set(read()))
  })
  const track = createSubscriber(follows)
  return {
    subscribe: store.subscribe,
    get current() {
      track()
      return read()
    },
  }
}
