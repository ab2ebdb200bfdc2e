import type { Observable } from 'rxjs'
import { createBroadcast } from './broadcast.ts'
import { statusOf, type LifecycleSnapshot } from './status.ts'
import type { Timeline } from './timeline.ts'
import type { AccessToken } from './token.ts'
import type { SessionEvent, SessionStatus } from './token-session.ts'

/** What of a session can be seen from outside, and by whom. */
export interface Publication {
  readonly status: SessionStatus
  /** The token that the machine holds; whether it still lives is for the reader to check. */
  readonly token: AccessToken | null
  readonly token$: Observable<AccessToken | null>
  readonly status$: Observable<SessionStatus>
  readonly events$: Observable<SessionEvent>
  readonly subscribe: (listener: (status: SessionStatus) => void) => () => void
  emit(event: SessionEvent): void
  /** Takes in what the machine has come to, and tells everybody. */
  show(snapshot: LifecycleSnapshot): void
  /** Takes everything back: no token, observables completed. */
  end(): void
}

export interface PublicationPorts {
  readonly timeline: Timeline
  /** The token that a late subscriber to `token$` gets. */
  present(): AccessToken | null
  /** Called after each change and before any subscriber: waiting callers come first. */
  onChange(): void
  readonly onListenerError: (error: unknown) => void
}

export function createPublication(ports: PublicationPorts, initial: LifecycleSnapshot): Publication {
  const { timeline } = ports
  let status = statusOf(initial, null)
  let token: AccessToken | null = null
  const listeners = new Set<(status: SessionStatus) => void>()

  const events = createBroadcast<SessionEvent>(ports.onListenerError)
  const reportListener = (error: unknown) => {
    ports.onListenerError(error)
    events.publish({ type: 'listener-failed', at: timeline.now(), error })
  }
  const tokens = createBroadcast<AccessToken | null>(reportListener, () => ports.present())
  const statuses = createBroadcast<SessionStatus>(reportListener, () => status)

  return {
    get status() {
      return status
    },
    get token() {
      return token
    },
    get token$() {
      return tokens.values
    },
    get status$() {
      return statuses.values
    },
    get events$() {
      return events.values
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit: (event) => events.publish(event),
    show(snapshot) {
      const before = status
      const hadToken = token
      status = statusOf(snapshot, before)
      token = snapshot.context.token
      if (status === before && token === hadToken) return
      if (status.state !== before.state) {
        const { state: to, reason } = status
        events.publish({ type: 'state-changed', at: timeline.now(), from: before.state, to, reason })
      }
      ports.onChange()
      if (token !== hadToken) tokens.publish(token)
      statuses.publish(status)
      for (const listener of listeners) {
        try {
          listener(status)
        } catch (error) {
          reportListener(error)
        }
      }
    },
    end() {
      token = null
      status = Object.freeze({ ...status, usable: false })
      for (const broadcast of [tokens, statuses, events]) broadcast.complete()
      listeners.clear()
    },
  }
}
