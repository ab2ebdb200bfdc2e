import type { Observable } from 'rxjs'
import type { SessionStatus } from '../machine/session-status.ts'
import type { PoolPort } from '../session/pool-port.ts'
import type { SessionEvent } from '../session/token-session.ts'
import type { Timeline } from '../time/timeline.ts'
import type { AccessToken } from '../token.ts'
import { createBroadcast, type Broadcast } from './broadcast.ts'
import { statusOf, type LifecycleSnapshot } from './status.ts'

/** What of a session can be seen from outside, and by whom. */
export interface Publication {
  readonly status: SessionStatus
  /** The token that the machine holds; whether it still lives is for the reader to check. */
  readonly token: AccessToken | null
  readonly token$: Observable<AccessToken | null>
  readonly status$: Observable<SessionStatus>
  readonly events$: Observable<SessionEvent>
  subscribe(listener: (status: SessionStatus) => void): () => void
  emit(event: SessionEvent): void
  /** Takes in what the machine has come to, and tells everybody. */
  show(snapshot: LifecycleSnapshot): void
  /** Takes everything back: no token, observables completed. */
  end(): void
}

export interface PublicationPorts {
  readonly timeline: Timeline
  /** The token that a late subscriber to `token$` gets. */
  peekToken(): AccessToken | null
  /** Called after each change and before any subscriber: waiting callers come first. */
  onChange(): void
  readonly onListenerError: (error: unknown) => void
  readonly account: string
  /** Who else hears of every event. */
  readonly pool?: Pick<PoolPort, 'tell'> | null
}

export function createPublication(ports: PublicationPorts, initial: LifecycleSnapshot): Publication {
  return new SessionPublication(ports, initial)
}

/** What is only for subscribers is made with the first of them: most of ten thousand sessions have none. */
class SessionPublication implements Publication {
  status: SessionStatus
  token: AccessToken | null = null
  readonly #ports: PublicationPorts
  #listeners: Set<(status: SessionStatus) => void> | null = null
  #tokens: Broadcast<AccessToken | null> | null = null
  #statuses: Broadcast<SessionStatus> | null = null
  #events: Broadcast<SessionEvent> | null = null
  #ended = false

  constructor(ports: PublicationPorts, initial: LifecycleSnapshot) {
    this.#ports = ports
    this.status = statusOf(initial, null)
  }

  get token$(): Observable<AccessToken | null> {
    this.#tokens ??= this.#broadcast(() => this.#ports.peekToken())
    return this.#tokens.values
  }

  get status$(): Observable<SessionStatus> {
    this.#statuses ??= this.#broadcast(() => this.status)
    return this.#statuses.values
  }

  get events$(): Observable<SessionEvent> {
    // A listener of events that throws is not told of as an event, or it would be told of without end.
    this.#events ??= this.#opened(createBroadcast<SessionEvent>(this.#ports.onListenerError))
    return this.#events.values
  }

  subscribe(listener: (status: SessionStatus) => void): () => void {
    const listeners = (this.#listeners ??= new Set())
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  emit(event: SessionEvent): void {
    this.#events?.publish(event)
    this.#ports.pool?.tell(this.#ports.account, event)
  }

  show(snapshot: LifecycleSnapshot): void {
    const { status: before, token: hadToken } = this
    this.status = statusOf(snapshot, before)
    this.token = snapshot.context.token
    const { status, token } = this
    if (status === before && token === hadToken) return
    if (status.state !== before.state) {
      const { state: to, reason } = status
      this.emit({ type: 'state-changed', at: this.#ports.timeline.now(), from: before.state, to, reason })
    }
    this.#ports.onChange()
    if (token !== hadToken) this.#tokens?.publish(token)
    this.#statuses?.publish(status)
    for (const listener of this.#listeners ?? []) {
      try {
        listener(status)
      } catch (error) {
        this.#report(error)
      }
    }
  }

  end(): void {
    this.#ended = true
    this.token = null
    this.status = Object.freeze({ ...this.status, usable: false })
    this.#tokens?.complete()
    this.#statuses?.complete()
    this.#events?.complete()
    this.#listeners?.clear()
  }

  #broadcast<T>(present: () => T): Broadcast<T> {
    return this.#opened(createBroadcast<T>((error) => this.#report(error), present))
  }

  #opened<T>(broadcast: Broadcast<T>): Broadcast<T> {
    if (this.#ended) broadcast.complete()
    return broadcast
  }

  #report(error: unknown): void {
    this.#ports.onListenerError(error)
    this.emit({ type: 'listener-failed', at: this.#ports.timeline.now(), error })
  }
}
