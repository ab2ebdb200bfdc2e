import type { Credentials } from '../credentials.ts'
import type { EvergrantError } from '../errors.ts'
import { consultStore } from '../exchange/consult-store.ts'
import type { ExchangePorts, ExchangeStep } from '../exchange/exchange-ports.ts'
import type { LoginDeadline, Outcome } from '../exchange/outcome.ts'
import { probeServer, type ProbeOutput } from '../exchange/probe.ts'
import { createSpender, type Spender } from '../exchange/spender.ts'
import type { UnsavedChange } from '../exchange/view.ts'
import { nextDue } from '../machine/due.ts'
import type { ExchangeInput, ExchangeOutput, TimedFault } from '../machine/events.ts'
import { summarize } from '../machine/failure-summary.ts'
import { stateOf } from '../machine/session-status.ts'
import type { Policy } from '../policy.ts'
import type { Provider } from '../provider.ts'
import { createPublication, type Publication } from '../published/publication.ts'
import type { TokenStore } from '../store.ts'
import { createBurstReading } from '../time/burst-reading.ts'
import { createTimeline, type Timeline } from '../time/timeline.ts'
import type { AccessToken } from '../token.ts'
import { createCallers, type Callers, type Standing } from './callers.ts'
import { tellExchange } from './exchange-events.ts'
import { createLoginReminder, type LoginReminder } from './login-reminder.ts'
import type { PoolPort } from './pool-port.ts'
import { createLifecycle, type LifecycleActor, type SessionWork } from './session-actors.ts'
import { createChanges, type SessionChanges } from './session-changes.ts'
import type { SessionSettings } from './session-options.ts'
import type { Sources } from './sources.ts'

/** Beyond the time-out of a request, in ms: what saving its answer may take before dispose gives up waiting. */
const SAVING_TIME = 5_000

/**
 * What runs inside a session: the machine and what it works with, joined. It is the machine's hands (`SessionWork`) and
 * what an exchange works with (`ExchangePorts`), in one object because every session has one (B6).
 */
export class SessionEngine implements SessionWork, ExchangePorts {
  readonly provider: Provider
  readonly store: TokenStore
  readonly account: string
  readonly policy: Policy
  readonly timeline: Timeline
  readonly sources: Sources
  readonly random: () => number
  readonly onListenerError: (error: unknown) => void
  readonly actor: LifecycleActor
  readonly callers: Callers
  readonly changes: SessionChanges
  readonly shown: Publication
  readonly pool: PoolPort | null
  ended = false
  unsaved: UnsavedChange | null = null
  readonly readTime: () => number
  #lastError: EvergrantError | null = null
  readonly #spender: Spender
  readonly #keepAlive: Disposable | null
  /** Made with the first login that is known to end: most last until they are revoked. */
  #reminder: LoginReminder | null = null
  #alarm: Disposable | null = null
  #alarmAt: number | null = null
  #served: Promise<AccessToken> | null = null
  #consulting: Promise<void> | null = null

  constructor(settings: SessionSettings<Provider>) {
    this.provider = settings.provider
    this.store = settings.store
    this.account = settings.account
    this.policy = settings.policy
    this.random = settings.random
    this.onListenerError = settings.onListenerError
    this.pool = settings.pool ?? null
    this.sources = settings.sources
    this.timeline = createTimeline(settings.clock)
    this.readTime = createBurstReading(settings.clock, this.timeline)
    const keep = () => this.timeline.alarm(Number.POSITIVE_INFINITY, () => undefined, { hold: true })
    this.#keepAlive = settings.keepAlive ? keep() : null
    // These four keep what they are given, and use nothing of it before the actor starts: `shown` is not there yet.
    this.#spender = createSpender(this)
    this.actor = createLifecycle(this)
    this.callers = createCallers(this.timeline, () => this.#standing())
    this.changes = createChanges(this, this.sources, this.#spender)
    this.shown = createPublication(this, this.actor.getSnapshot())
    this.actor.subscribe((snapshot) => {
      this.#setAlarm(nextDue(snapshot))
      this.#remind(snapshot.context.login)
      this.shown.show(snapshot)
    })
    this.actor.start()
  }

  /** The present token if it lives; starts nothing. */
  peekToken(): AccessToken | null {
    const { token } = this.shown
    if (token === null) return null
    const now = this.readTime()
    if (now < token.expiresAt) return token
    // The alarm is late: the event loop was busy, or the machine asleep. Nobody gets a dead token for that (P5).
    this.actor.send({ type: 'TIME', now })
    return null
  }

  /** The present token as a promise, one for all who ask; `null` if it does not live. */
  serve(): Promise<AccessToken> | null {
    const { token } = this.shown
    if (token === null || this.readTime() >= token.expiresAt) return null
    return (this.#served ??= Promise.resolve(token))
  }

  /** Makes sure that something is under way for a caller that found no token: in `unauthenticated`, a look at the store. */
  begin({ force }: { readonly force: boolean }): void {
    const { state, reason } = this.shown.status
    if (state !== 'unauthenticated' || (reason === 'signed-out' && !force)) return
    this.#consulting ??= this.#consultStore(force).finally(() => {
      this.#consulting = null
      this.callers.review()
    })
  }

  hurry(): void {
    this.#spender.hurry()
  }

  /** No request is under way, nobody waits, and the store knows what matters: ended, it could go on as another session. */
  get quiet(): boolean {
    const { generation, rejected } = this.actor.getSnapshot().context
    const unsaid = rejected > 0 && rejected === generation
    return !unsaid && this.unsaved === null && !this.#spender.busy && !this.callers.anyone
  }

  async end(disposed: () => EvergrantError): Promise<void> {
    this.ended = true
    this.callers.rejectAll(disposed)
    this.changes.end()
    this.actor.stop()
    this.#reminder?.[Symbol.dispose]()
    this.#setAlarm(null)
    this.shown.end()
    this.#served = null
    this.#spender.stop(disposed())
    const until = this.timeline.now() + this.policy.requestTimeout + SAVING_TIME
    const patience = this.timeline.alarm(until, () => this.#spender.cancel(disposed()), { hold: true })
    await this.#spender.idle()
    patience[Symbol.dispose]()
    this.#keepAlive?.[Symbol.dispose]()
  }

  exchange(input: ExchangeInput): Promise<ExchangeOutput> {
    const { timeline, shown, changes } = this
    const { turn } = changes
    const run = () => this.#spender.spend(input)
    const stands = () => turn === changes.turn
    return tellExchange({ timeline, shown, run, stands, note: (ended) => this.#noteEnd(ended) }, input)
  }

  async probe(signal: AbortSignal): Promise<ProbeOutput> {
    const output = await (this.pool?.probe(this, signal) ?? probeServer(this, signal))
    this.shown.emit({ type: 'probed', at: this.timeline.now(), reachable: output.reachable })
    return output
  }

  readSource(): Promise<Credentials | null> {
    return this.sources.read()
  }

  onEpoch(epoch: number): void {
    this.changes.seeEpoch(epoch)
  }

  knownEpoch(): number {
    return this.changes.seenEpoch
  }

  latestRejected(): number {
    return this.actor.getSnapshot().context.rejected
  }

  noteError(error: EvergrantError | null): void {
    this.#lastError = error
  }

  onStep(step: ExchangeStep): void {
    this.shown.emit({ type: 'exchange-step', at: this.timeline.now(), step })
  }

  onBudget(left: number): void {
    this.shown.emit({ type: 'login-budget', at: this.timeline.now(), left, limit: this.policy.loginBudget })
  }

  onStoreFailure(error: EvergrantError): void {
    const at = this.timeline.now()
    this.shown.emit({ type: 'store-failed', at, failure: summarize(error, at) })
  }

  onChange(): void {
    this.#served = null
    this.changes.followLedger(this.shown.status.state === 'blocked')
    this.callers.review()
    // Whoever waits beside a living token needs one that lives longer.
    if (this.shown.status.state === 'valid' && this.callers.anyone) this.actor.send({ type: 'REFRESH', force: false })
  }

  /** One alarm for all deadlines of the machine; the one that is set already is left alone. */
  #setAlarm(at: number | null): void {
    if (at === this.#alarmAt) return
    this.#alarm?.[Symbol.dispose]()
    this.#alarmAt = at
    this.#alarm = at === null ? null : this.timeline.alarm(at, this.#tellTime)
  }

  #remind(login: LoginDeadline | null): void {
    if (login === null && this.#reminder === null) return
    this.#reminder ??= createLoginReminder(this.timeline, (deadline) => {
      this.shown.emit({ type: 'reauthentication-due', at: this.timeline.now(), deadline })
    })
    this.#reminder.follow(login)
  }

  readonly #tellTime = (): void => {
    // Forgotten before the machine hears of it, so that it may ask for the same time again.
    this.#alarmAt = null
    this.#alarm = null
    this.actor.send({ type: 'TIME', now: this.timeline.now() })
  }

  #standing(): Standing {
    const snapshot = this.actor.getSnapshot()
    const { retryAt } = snapshot.context
    const asking = snapshot.matches('refreshing') || snapshot.matches({ expiring: 'requesting' })
    const busy = asking || this.#consulting !== null
    return { state: stateOf(snapshot), token: this.peekToken(), busy, retryAt, error: this.#lastError }
  }

  #noteEnd(ended: Outcome | TimedFault): void {
    if ('error' in ended) this.noteError(ended.error)
    else if (ended.type === 'adopted') this.noteError(null)
    else if (ended.type === 'granted') this.noteError(ended.note)
  }

  async #consultStore(force: boolean): Promise<void> {
    const { changes, shown } = this
    changes.startWatching()
    const { turn } = changes
    const outcome = await consultStore(this, shown.status.generation, force)
    if (this.ended || shown.status.state !== 'unauthenticated') return
    if (turn === changes.turn) {
      this.#noteEnd(outcome)
      this.actor.send({ type: 'CONSULTED', outcome, force, at: this.timeline.now() })
    } else if (shown.status.reason !== 'signed-out') {
      // What was read belongs to credentials that have been replaced meanwhile.
      await this.#consultStore(force)
    }
  }
}
