import type { Observable } from 'rxjs'
import { EvergrantError, invalidOptions } from '../errors.ts'
import type { Provider } from '../provider.ts'
import { createBroadcast } from '../published/broadcast.ts'
import type { PoolPort } from '../session/pool-port.ts'
import { SessionEngine } from '../session/session-engine.ts'
import type { SessionEvent, TokenSession } from '../session/token-session.ts'
import { checkPoolOptions, type PoolSettings, type SessionPoolOptions } from './pool-options.ts'
import { PooledSession, type SessionHost } from './pooled-session.ts'
import { createSharedProbe } from './shared-probe.ts'
import { createTurns } from './turns.ts'

/** What has happened to an account of a pool. */
export interface PoolEvent {
  readonly account: string
  readonly event: SessionEvent
}

/** The sessions of many accounts at one server: one store, one clock, one login budget, and turns at the server. */
export interface SessionPool<P extends Provider = Provider> extends AsyncDisposable {
  readonly provider: P
  /**
   * The session of an account, always the same until it is removed or disposed. Nothing is read or sent before it is
   * used. Throws `invalid-options`, or `disposed` once the pool is.
   */
  session(account: string): TokenSession<P>
  /** Those that are awake: used of late, or followed. */
  readonly accounts: readonly string[]
  /** How many are awake. */
  readonly size: number
  /** What happens to all that are awake; following it keeps nobody awake. Never errors; completes on dispose. */
  readonly events$: Observable<PoolEvent>
  /**
   * Puts an account to sleep before `idleAfter` has passed, unless a request is under way or somebody waits for it or
   * follows it. Gives whether it sleeps. Its tokens stay in the store, and are not renewed until it is used again.
   */
  sleep(account: string): boolean
  /** Disposes the session of an account and forgets it; the store keeps what it has. Use `signOut` to forget that too. */
  remove(account: string): Promise<void>
  /** Ends all sessions: waits for the requests in flight, so that nothing is lost; callers that wait get `disposed`. */
  dispose(): Promise<void>
}

/** How often in that time the pool looks who has been idle for `idleAfter`. */
const LOOKS = 4

/**
 * Keeps the access tokens of thousands of accounts alive. At most `concurrency` token requests are under way, those that
 * somebody waits for first, and renewals ahead of time are spread. An account that nobody uses is put to sleep, and
 * wakes when it is asked for. Throws `invalid-options` or `store-sharing` for options that cannot work.
 */
export function createSessionPool<P extends Provider>(options: SessionPoolOptions<P>): SessionPool<P> {
  return new LivePool(checkPoolOptions(options))
}

class LivePool<P extends Provider> implements SessionPool<P>, SessionHost<P> {
  readonly provider: P
  readonly onListenerError: (error: unknown) => void
  readonly #settings: PoolSettings<P>
  readonly #port: PoolPort
  /** All that were asked for and not disposed, asleep or not. */
  readonly #sessions = new Map<string, PooledSession<P>>()
  readonly #awake = new Set<PooledSession<P>>()
  readonly #events
  readonly #ending = new AbortController()
  /** Keeps the process alive until the pool ends, where that was asked for. */
  readonly #keepAlive: Disposable | null
  #look: Disposable | null = null
  #disposal: Promise<void> | null = null

  constructor(settings: PoolSettings<P>) {
    const { session, concurrency, keepAlive } = settings
    const { clock } = session
    this.#settings = settings
    this.provider = session.provider
    this.onListenerError = session.onListenerError
    this.#events = createBroadcast<PoolEvent>(session.onListenerError)
    this.#port = {
      depart: createTurns(clock, concurrency),
      probe: createSharedProbe(this.#ending.signal),
      tell: (account, event) => this.#events.publish({ account, event }),
    }
    this.#keepAlive = keepAlive ? clock.alarm(Number.POSITIVE_INFINITY, () => undefined, { hold: true }) : null
  }

  get accounts(): readonly string[] {
    return Array.from(this.#awake, ({ account }) => account)
  }

  get size(): number {
    return this.#awake.size
  }

  get events$(): Observable<PoolEvent> {
    return this.#events.values
  }

  session(account: string): TokenSession<P> {
    const known = this.#sessions.get(account)
    if (known !== undefined) return known
    if (typeof account !== 'string' || account === '') {
      throw invalidOptions('account', 'not a text', 'Name the account, e.g. "main".')
    }
    if (this.#ending.signal.aborted) throw disposed(account)
    const session = new PooledSession(this, account)
    this.#sessions.set(account, session)
    return session
  }

  sleep(account: string): boolean {
    return this.#sessions.get(account)?.sleep() ?? true
  }

  remove(account: string): Promise<void> {
    return this.#sessions.get(account)?.dispose() ?? Promise.resolve()
  }

  dispose(): Promise<void> {
    return (this.#disposal ??= this.#end())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  open(account: string): SessionEngine {
    const { session, sourcesOf } = this.#settings
    return new SessionEngine({ ...session, account, sources: sourcesOf(account), pool: this.#port })
  }

  onWake(session: PooledSession<P>): void {
    this.#awake.add(session)
    this.#lookLater()
  }

  onSleep(session: PooledSession<P>): void {
    this.#awake.delete(session)
  }

  onDispose(session: PooledSession<P>): void {
    this.#awake.delete(session)
    this.#sessions.delete(session.account)
  }

  /** One alarm for all, and none while all sleep. */
  #lookLater(): void {
    const { idleAfter, session } = this.#settings
    const { clock } = session
    if (this.#look !== null || idleAfter === Number.POSITIVE_INFINITY) return
    this.#look = clock.alarm(clock.monotonic() + idleAfter / LOOKS, () => {
      this.#look = null
      const now = Math.floor(clock.monotonic())
      for (const one of this.#awake) if (one.idleFor(now) >= idleAfter) one.sleep()
      if (this.#awake.size > 0) this.#lookLater()
    })
  }

  async #end(): Promise<void> {
    this.#ending.abort(new Error('The pool has been disposed'))
    this.#look?.[Symbol.dispose]()
    const ends = Array.from(this.#sessions.values(), (session) => session.dispose())
    await Promise.all(ends)
    this.#keepAlive?.[Symbol.dispose]()
    this.#events.complete()
  }
}

function disposed(account: string): EvergrantError<'disposed'> {
  return new EvergrantError('disposed', {
    message: `The pool of the session of account ${account} has been disposed`,
    help: 'Create a new pool.',
    details: { account },
  })
}
