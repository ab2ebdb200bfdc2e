import type { Observable } from 'rxjs'
import type { CredentialsInput } from '../credentials.ts'
import { EvergrantError, invalidOptions, isEvergrantError, tokenRequestError } from '../errors.ts'
import { forget, replaceCredentials } from '../exchange/grant-change.ts'
import type { SessionStatus } from '../machine/session-status.ts'
import { backoff, requestFloor } from '../policy.ts'
import type { Provider } from '../provider.ts'
import { withDeadline } from '../time/deadline.ts'
import type { AccessToken } from '../token.ts'
import { SessionEngine } from './session-engine.ts'
import { checkOptions, type SessionOptions } from './session-options.ts'
import { checkCredentials } from './sources.ts'
import type { GetTokenOptions, RefreshOptions, SessionEvent, SignOutOptions, TokenSession } from './token-session.ts'

/**
 * Keeps one account's access token alive. Nothing is read or sent before somebody asks for a token, unless `eager`.
 * Throws `invalid-options` or `store-sharing` for options that cannot work.
 */
export function createSession<P extends Provider>(options: SessionOptions<P>): TokenSession<P> {
  const settings = checkOptions(options)
  const engine = new SessionEngine(settings)
  if (settings.eager) engine.begin({ force: false })
  return new LiveSession(settings.provider, engine)
}

export class LiveSession<P extends Provider> implements TokenSession<P> {
  readonly provider: P
  readonly #engine: SessionEngine
  #getSnapshot: TokenSession['getSnapshot'] | null = null
  #subscribe: TokenSession['subscribe'] | null = null
  #disposal: Promise<void> | null = null

  constructor(provider: P, engine: SessionEngine) {
    this.provider = provider
    this.#engine = engine
  }

  /** Bound, as frameworks pass these two on, and made when one does: most of ten thousand sessions are never looked at. */
  get getSnapshot(): TokenSession['getSnapshot'] {
    return (this.#getSnapshot ??= () => this.#engine.shown.status)
  }

  get subscribe(): TokenSession['subscribe'] {
    return (this.#subscribe ??= (listener) => this.#engine.shown.subscribe(listener))
  }

  get account(): string {
    return this.#engine.account
  }

  get token$(): Observable<AccessToken | null> {
    return this.#engine.shown.token$
  }

  get status$(): Observable<SessionStatus> {
    return this.#engine.shown.status$
  }

  get events$(): Observable<SessionEvent> {
    return this.#engine.shown.events$
  }

  getToken(options?: GetTokenOptions): Promise<AccessToken> {
    return (options === undefined ? this.#engine.serve() : null) ?? this.#getTokenWith(options ?? {})
  }

  peekToken(): AccessToken | null {
    return this.#engine.peekToken()
  }

  reportRejected({ generation }: AccessToken): void {
    const { shown, actor, policy, random, timeline } = this.#engine
    const { token } = shown
    if (token === null || generation !== token.generation) return
    const { rejections } = actor.getSnapshot().context
    const now = timeline.now()
    shown.emit({ type: 'token-rejected', at: now, generation })
    // The first refusal is answered at once; a server that refuses what it has just issued is given time (P13).
    const floor = requestFloor(policy, token.expiresAt - token.issuedAt)
    const retryAt = rejections === 0 ? null : now + Math.max(floor, backoff(policy, rejections, random))
    actor.send({ type: 'REJECTED', generation, retryAt })
  }

  async refresh(options: RefreshOptions = {}): Promise<AccessToken> {
    this.#checkCall(options)
    const { shown, actor } = this.#engine
    const force = options.force ?? false
    const { state, generation } = shown.status
    if (state === 'unauthenticated') this.#engine.begin({ force })
    else actor.send({ type: 'REFRESH', force })
    return this.#waitFor(options, state === 'unauthenticated' ? 0 : generation)
  }

  async setCredentials(credentials: CredentialsInput): Promise<void> {
    this.#checkCall({})
    checkCredentials('credentials', credentials)
    if (Object.values(credentials).every((value) => !value)) {
      throw invalidOptions('credentials', 'nothing in them', 'Give a refresh token, a client secret, or both.')
    }
    const { changes } = this.#engine
    await changes.make(() => replaceCredentials(this.#engine, credentials))
    changes.credentialsChanged()
  }

  async signOut({ revoke = false, signal }: SignOutOptions = {}): Promise<void> {
    this.#checkCall({})
    const { changes, provider, timeline, policy } = this.#engine
    changes.signedOut()
    const { credentials } = await changes.make(() => forget(this.#engine))
    if (!revoke || credentials === null || provider.revoke === undefined) return
    const deadline = { ms: policy.requestTimeout, reason: () => tokenRequestError({ kind: 'timeout' }), signal }
    try {
      await withDeadline(timeline, deadline, async (bound) => provider.revoke?.(credentials, { signal: bound }))
    } catch (error) {
      signal?.throwIfAborted()
      throw isEvergrantError(error) ? error : tokenRequestError({ kind: 'unknown' })
    }
  }

  dispose(): Promise<void> {
    return (this.#disposal ??= this.#engine.end(() => this.#disposed()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  async #getTokenWith(options: GetTokenOptions): Promise<AccessToken> {
    this.#checkCall(options)
    const { timeline, actor } = this.#engine
    const present = this.#engine.peekToken()
    this.#engine.begin({ force: false })
    const short = present !== null && present.expiresAt - timeline.now() < (options.minTtl ?? 0)
    if (short) actor.send({ type: 'REFRESH', force: false })
    return this.#waitFor(options, 0)
  }

  /**
   * What is waited for has to be begun before: the caller is answered at once, and where nothing is under way, in
   * `unauthenticated`, with the error of before.
   */
  #waitFor(options: GetTokenOptions, newerThan: number): Promise<AccessToken> {
    const { callers, timeline, policy } = this.#engine
    const { signal, minTtl = 0, maxWait = policy.maxWait } = options
    const token = callers.add({ newerThan, minTtl, deadline: timeline.now() + maxWait }, signal)
    if (callers.anyone) this.#engine.hurry()
    return token
  }

  #checkCall(options: GetTokenOptions): void {
    if (this.#disposal !== null) throw this.#disposed()
    options.signal?.throwIfAborted()
    for (const option of ['minTtl', 'maxWait'] as const) {
      const value: unknown = options[option] ?? 0
      if (typeof value === 'number' && value >= 0) continue
      throw invalidOptions(option, 'not a number of at least 0', 'It is a time in milliseconds.')
    }
  }

  #disposed(): EvergrantError<'disposed'> {
    const { account } = this
    return new EvergrantError('disposed', {
      message: `The session of account ${account} has been disposed`,
      help: 'Create a new session.',
      details: { account },
    })
  }
}
