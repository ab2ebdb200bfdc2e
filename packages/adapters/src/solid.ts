import type { AccessToken, SessionStatus } from '@evergrant/core'
import { createMemo, createSignal, onCleanup, onMount, sharedConfig, type Accessor } from 'solid-js'
import { isServer } from 'solid-js/web'
import { statusOnServer, type ObservedSession, type SelectStatus } from './ui/observed-session.ts'
import { presentToken } from './ui/present-token.ts'

export type { ObservedSession, SelectStatus } from './ui/observed-session.ts'

/**
 * The status of a session as an accessor, or what `select` picks of it; follows the session until its owner is cleaned
 * up. A server renders `unauthenticated` and follows nothing.
 */
export function createStatus(session: ObservedSession): Accessor<SessionStatus>
export function createStatus<T>(session: ObservedSession, select: SelectStatus<T>): Accessor<T>
export function createStatus<T>(session: ObservedSession, select?: SelectStatus<T>): Accessor<T | SessionStatus> {
  const status = follow(session.getSnapshot, session.subscribe, statusOnServer)
  return select === undefined ? status : createMemo(() => select(status()))
}

/** The present access token as an accessor; `null` while there is none, and on a server. */
export function createToken(session: Pick<ObservedSession, 'token$'>): Accessor<AccessToken | null> {
  const { read, subscribe } = presentToken(session)
  return follow(read, subscribe, null)
}

function follow<T>(read: () => T, subscribe: (changed: () => void) => () => void, onServer: T): Accessor<T> {
  if (isServer) return () => onServer
  // What hydrates must begin with what the server has drawn, or nobody would draw it anew.
  const hydrates = sharedConfig.context !== undefined
  const [present, setPresent] = createSignal<T>(hydrates ? onServer : read())
  const update = () => void setPresent(read)
  if (hydrates) onMount(update)
  onCleanup(subscribe(update))
  return present
}
