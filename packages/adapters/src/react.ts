import type { AccessToken, SessionStatus } from '@evergrant/core'
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { statusOnServer, type IsSame, type ObservedSession, type SelectStatus } from './ui/observed-session.ts'
import { presentToken } from './ui/present-token.ts'

export type { IsSame, ObservedSession, SelectStatus } from './ui/observed-session.ts'

/**
 * The status of a session, or what `select` picks of it; the component is drawn anew when that changes. A server renders
 * `unauthenticated`, and so does the first pass of hydration. Make the session outside components: it outlives remounts
 * and StrictMode's second mount.
 */
export function useStatus(session: ObservedSession): SessionStatus
export function useStatus<T>(session: ObservedSession, select: SelectStatus<T>, isSame?: IsSame<T>): T
export function useStatus<T>(
  session: ObservedSession,
  select: SelectStatus<T> = whole as SelectStatus<T>,
  isSame: IsSame<T> = Object.is,
): T {
  const shown = useRef<{ readonly value: T } | null>(null)
  const [read, readOnServer] = useMemo(() => {
    const pick = once((status) => {
      const next = select(status)
      return shown.current !== null && isSame(shown.current.value, next) ? shown.current.value : next
    })
    return [() => pick(session.getSnapshot()), () => pick(statusOnServer)] as const
  }, [session, select, isSame])
  const value = useSyncExternalStore(session.subscribe, read, readOnServer)
  useEffect(() => {
    shown.current = { value }
  }, [value])
  return value
}

/** The present access token; `null` while there is none, and on a server. For requests, ask the session instead. */
export function useToken(session: Pick<ObservedSession, 'token$'>): AccessToken | null {
  const token = useMemo(() => presentToken(session), [session])
  return useSyncExternalStore(token.subscribe, token.read, nothing)
}

const whole = (status: SessionStatus): unknown => status
const nothing = (): null => null

/** React reads several times while it draws, and takes two results that are not the same object for a change. */
function once<T>(pick: (status: SessionStatus) => T): (status: SessionStatus) => T {
  let last: { readonly status: SessionStatus; readonly picked: T } | null = null
  return (status) => {
    if (last?.status !== status) last = { status, picked: pick(status) }
    return last.picked
  }
}
