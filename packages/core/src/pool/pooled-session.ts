import type { Observable } from 'rxjs'
import type { CredentialsInput } from '../credentials.ts'
import { blankStatus, type SessionStatus } from '../machine/session-status.ts'
import type { Provider } from '../provider.ts'
import { isolated } from '../published/broadcast.ts'
import type { SessionEngine } from '../session/session-engine.ts'
import { LiveSession } from '../session/session.ts'
import type {
  GetTokenOptions,
  RefreshOptions,
  SessionEvent,
  SignOutOptions,
  TokenSession,
} from '../session/token-session.ts'
import type { AccessToken } from '../token.ts'

/** What the session of an account asks of its pool. */
export interface SessionHost<P extends Provider> {
  readonly provider: P
  /** Makes what runs in a session that is awake. */
  open(account: string): SessionEngine
  onWake(session: PooledSession<P>): void
  onSleep(session: PooledSession<P>): void
  onDispose(session: PooledSession<P>): void
  readonly onListenerError: (error: unknown) => void
}

/** What is only for those who look, made with the first of them. The functions are bound, as frameworks pass them on. */
type Looks = Pick<TokenSession, 'getSnapshot' | 'subscribe' | 'token$' | 'status$' | 'events$'>

/**
 * The session of one account of a pool, over any number of sleeps. Asleep it is little more than the account's name, and
 * the store holds the rest; what it is asked for wakes it. While somebody follows it, it does not sleep.
 */
export class PooledSession<P extends Provider> implements TokenSession<P> {
  readonly account: string
  readonly #host: SessionHost<P>
  // Both while it is awake.
  #live: LiveSession<P> | null = null
  #engine: SessionEngine | null = null
  #disposal: Promise<void> | null = null
  /** Followers, and changes under way. */
  #holds = 0
  /** When it was noted last that it was used, in ms on the clock's monotonic line; `null` if it was since. */
  #usedAt: number | null = null
  /** Of the token with which it fell asleep; 0 if it had none. */
  #sleptWith = 0
  #looks: Looks | null = null

  constructor(host: SessionHost<P>, account: string) {
    this.#host = host
    this.account = account
  }

  get getSnapshot(): TokenSession['getSnapshot'] {
    return this.#look().getSnapshot
  }

  get subscribe(): TokenSession['subscribe'] {
    return this.#look().subscribe
  }

  get provider(): P {
    return this.#host.provider
  }

  get token$(): Observable<AccessToken | null> {
    return this.#look().token$
  }

  get status$(): Observable<SessionStatus> {
    return this.#look().status$
  }

  get events$(): Observable<SessionEvent> {
    return this.#look().events$
  }

  getToken(options?: GetTokenOptions): Promise<AccessToken> {
    return this.#wake().getToken(options)
  }

  peekToken(): AccessToken | null {
    this.#usedAt = null
    return this.#engine?.peekToken() ?? null
  }

  reportRejected(token: AccessToken): void {
    const { generation } = token
    const stored = this.#live === null && generation === this.#sleptWith
    const session = this.#wake()
    if (!stored) return session.reportRejected(token)
    // The store still has it, and does not know.
    const report = async () => {
      await session.getToken()
      session.reportRejected(token)
    }
    this.#hold(report).catch(() => undefined)
  }

  refresh(options?: RefreshOptions): Promise<AccessToken> {
    const sleptWith = this.#live === null ? this.#sleptWith : 0
    return this.#hold(async () => {
      const session = this.#wake()
      const token = await session.refresh(options)
      // The one with which it fell asleep is not new.
      return token.generation > sleptWith ? token : session.refresh(options)
    })
  }

  setCredentials(credentials: CredentialsInput): Promise<void> {
    return this.#hold(() => this.#wake().setCredentials(credentials))
  }

  signOut(options?: SignOutOptions): Promise<void> {
    return this.#hold(() => this.#wake().signOut(options))
  }

  dispose(): Promise<void> {
    if (this.#disposal === null) {
      this.#disposal = this.#live?.dispose() ?? Promise.resolve()
      this.#host.onDispose(this)
    }
    return this.#disposal
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** Falls asleep unless something is under way, or somebody waits or follows. True if it sleeps. */
  sleep(): boolean {
    const live = this.#live
    const engine = this.#engine
    if (live === null || engine === null) return true
    if (this.#holds > 0 || !engine.quiet) return false
    this.#sleptWith = engine.shown.status.generation
    this.#live = null
    this.#engine = null
    // Ends at once, as nothing is under way.
    void live.dispose()
    this.#host.onSleep(this)
    return true
  }

  /** How long nobody has used it, in ms; as well as it is known, which is as often as this is asked. */
  idleFor(now: number): number {
    this.#usedAt ??= now
    return now - this.#usedAt
  }

  #wake(): LiveSession<P> {
    this.#usedAt = null
    if (this.#live !== null) return this.#live
    this.#engine = this.#host.open(this.account)
    const live = new LiveSession(this.provider, this.#engine)
    this.#live = live
    // One that was disposed in its sleep wakes up disposed.
    if (this.#disposal === null) this.#host.onWake(this)
    else void live.dispose()
    return live
  }

  /** Woken by a follower, it goes on with what it was at. */
  #wakeUp(): LiveSession<P> {
    const resumed = this.#live === null && this.#sleptWith > 0
    const live = this.#wake()
    if (resumed && this.#disposal === null) this.#engine?.begin({ force: false })
    return live
  }

  #look(): Looks {
    const failed = (error: unknown) => this.#listenerFailed(error)
    return (this.#looks ??= {
      getSnapshot: () => this.#engine?.shown.status ?? blankStatus,
      subscribe: (listener) => this.#listen(listener),
      token$: this.#follow(({ token$ }) => token$, failed),
      status$: this.#follow(({ status$ }) => status$, failed),
      // A listener of events that throws is not told of as an event, or it would be told of without end.
      events$: this.#follow(({ events$ }) => events$, this.#host.onListenerError),
    })
  }

  #follow<T>(
    pick: (session: LiveSession<P>) => Observable<T>,
    onListenerError: (error: unknown) => void,
  ): Observable<T> {
    return isolated(onListenerError, (subscriber) => {
      this.#holds += 1
      subscriber.add(() => this.#letGo())
      return pick(this.#wakeUp()).subscribe(subscriber)
    })
  }

  #listen(listener: (status: SessionStatus) => void): () => void {
    this.#holds += 1
    const stop = this.#wakeUp().subscribe(listener)
    let listening = true
    return () => {
      if (!listening) return
      listening = false
      stop()
      this.#letGo()
    }
  }

  async #hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holds += 1
    try {
      return await work()
    } finally {
      this.#letGo()
    }
  }

  #letGo(): void {
    this.#holds -= 1
    this.#usedAt = null
  }

  #listenerFailed(error: unknown): void {
    this.#host.onListenerError(error)
    const engine = this.#engine
    engine?.shown.emit({ type: 'listener-failed', at: engine.timeline.now(), error })
  }
}
