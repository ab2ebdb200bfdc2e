import { standingBlock } from './booking.ts'
import { createBroadcast } from './broadcast.ts'
import { createCallers, type Standing } from './callers.ts'
import { conditionError } from './condition-error.ts'
import { adoptable, consult } from './consult.ts'
import { EvergrantError, invalidOptions, isEvergrantError } from './errors.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { forget, replaceCredentials } from './grant-change.ts'
import { summarize, type Fault } from './machine/updates.ts'
import type { Outcome } from './outcome.ts'
import { backoff, requestFloor } from './policy.ts'
import { probeServer } from './probe.ts'
import type { Provider } from './provider.ts'
import { createLifecycle, type SessionWork } from './session-actors.ts'
import { checkOptions, type SessionOptions } from './session-options.ts'
import { watchChanges } from './session-watch.ts'
import { checkCredentials } from './sources.ts'
import { createSpender } from './spender.ts'
import { stateOf, statusOf, type LifecycleSnapshot } from './status.ts'
import { readStored } from './stored.ts'
import { createTimeline } from './timeline.ts'
import type { AccessToken } from './token.ts'
import type { GetTokenOptions, SessionEvent, SessionStatus, TokenSession } from './token-session.ts'
import { grantKind, look } from './view.ts'

/** Beyond the time-out of a request: what saving its answer may take before dispose gives up waiting. */
const SAVING_TIME = 5_000

/**
 * Keeps one account's access token alive. Nothing is read or sent before somebody asks for a token, unless `eager`.
 * Throws `invalid-options` or `store-sharing` for options that cannot work.
 */
export function createSession<P extends Provider>(options: SessionOptions<P>): TokenSession<P> {
  const { provider, sources, store, account, policy, clock, random, ...settings } = checkOptions(options)
  const timeline = createTimeline(clock)

  let token: AccessToken | null = null
  let served: Promise<AccessToken> | null = null
  let lastError: EvergrantError | null = null
  let consulting: Promise<void> | null = null
  let seenEpoch = -1
  let changing = 0
  // Grows with each sign-out and change of credentials: what was begun before is of no use after (P14).
  let turn = 0
  let disposal: Promise<void> | null = null
  let watch: Disposable | null = null
  const listeners = new Set<(status: SessionStatus) => void>()

  const reportListener = (error: unknown) => {
    settings.onListenerError(error)
    emit({ type: 'listener-failed', at: timeline.now(), error })
  }
  const tokens = createBroadcast<AccessToken | null>(settings.onListenerError, () => peekToken())
  const statuses = createBroadcast<SessionStatus>(settings.onListenerError, () => status)
  const events = createBroadcast<SessionEvent>(settings.onListenerError)
  const emit = (event: SessionEvent) => events.publish(event)

  const ports: ExchangePorts = {
    provider,
    store,
    account,
    policy,
    timeline,
    random,
    id: Math.floor(random() * 2 ** 52).toString(36),
    readSource: () => sources.read(),
    onEpoch(epoch) {
      seenEpoch = Math.max(seenEpoch, epoch)
    },
    onStep: (step) => emit({ type: 'exchange-step', at: timeline.now(), step }),
    onStoreFailure(error) {
      emit({ type: 'store-failed', at: timeline.now(), failure: summarize(error, timeline.now()) })
    },
  }
  const spender = createSpender(ports)

  const work: SessionWork = {
    alarm: (at, run) => timeline.alarm(at, () => run(timeline.now()), { hold: settings.keepAlive }),
    async exchange(input) {
      const at = timeline.now()
      const began = turn
      emit({ type: 'refresh-started', at, attempt: input.attempts + 1 })
      try {
        const outcome = await spender.spend(input)
        const ended = timeline.now()
        if (began === turn) noteError(outcome)
        emit({ type: 'refresh-ended', at: ended, outcome: outcome.type, took: ended - at })
        return { outcome, at: ended }
      } catch (error) {
        const fault: Fault = { at: timeline.now(), error: asFault(error) }
        if (began === turn) lastError = fault.error
        throw fault
      }
    },
    async probe(signal) {
      const output = await probeServer(ports, signal)
      emit({ type: 'probed', at: timeline.now(), reachable: output.reachable })
      return output
    },
  }

  const actor = createLifecycle(work)
  let status: SessionStatus = statusOf(actor.getSnapshot(), null)
  const callers = createCallers(timeline, standing)

  function standing(): Standing {
    const snapshot: LifecycleSnapshot = actor.getSnapshot()
    const { retryAt } = snapshot.context
    const busy = consulting !== null || snapshot.matches('refreshing') || snapshot.matches({ expiring: 'requesting' })
    return { state: stateOf(snapshot), token: peekToken(), busy, retryAt, error: lastError }
  }

  function publish(snapshot: LifecycleSnapshot): void {
    const before = status
    status = statusOf(snapshot, before)
    const changed = snapshot.context.token !== token
    token = snapshot.context.token
    if (changed) served = null
    if (status === before) return
    if (status.state !== before.state) {
      const { state: to, reason } = status
      emit({ type: 'state-changed', at: timeline.now(), from: before.state, to, reason })
    }
    callers.review()
    if (changed) tokens.publish(token)
    statuses.publish(status)
    for (const listener of listeners) {
      try {
        listener(status)
      } catch (error) {
        reportListener(error)
      }
    }
  }

  function noteError(outcome: Outcome): void {
    if (outcome.type === 'adopted') lastError = null
    else if (outcome.type === 'granted') lastError = outcome.note
    else if ('error' in outcome) lastError = outcome.error
  }

  function asFault(error: unknown): EvergrantError {
    if (isEvergrantError(error)) return error
    const name = error instanceof Error ? error.name : typeof error
    return new EvergrantError('internal', {
      message: `Something that should not fail did (${name})`,
      help: 'Look at the store or provider that is not of evergrant, or report it.',
      details: { where: 'exchange' },
      cause: error,
    })
  }

  function peekToken(): AccessToken | null {
    if (token === null) return null
    const now = timeline.now()
    if (now < token.expiresAt) return token
    // The alarm is late: the event loop was busy, or the machine asleep. Nobody gets a dead token for that (P5).
    actor.send({ type: 'TIME', now })
    return null
  }

  /** Makes sure that something is under way for a caller that found no token. */
  function demand(force: boolean): void {
    const { state, reason } = status
    if (state !== 'unauthenticated' || (reason === 'signed-out' && !force)) return
    consulting ??= consultStore(force).finally(() => {
      consulting = null
      callers.review()
    })
  }

  async function consultStore(force: boolean): Promise<void> {
    const began = turn
    startWatching()
    const request = { have: status.generation, rejected: 0, force, halfOpen: false, attempts: 0, mandatoryAt: null }
    let outcome: Outcome
    try {
      outcome = consult(ports, await look(ports), request)
    } catch (error) {
      const at = timeline.now()
      outcome = { type: 'transient', error: asFault(error), retryAt: at + backoff(policy, 1, random) }
    }
    if (began !== turn || disposal !== null) return
    noteError(outcome)
    actor.send({ type: 'CONSULTED', outcome, force, at: timeline.now() })
  }

  function startWatching(): void {
    if (disposal !== null) return
    watch ??= watchChanges(
      { sources, store, account, provider },
      { onSource: sourceChanged, onGrant: grantChanged, onLedger: ledgerChanged },
    )
  }

  async function sourceChanged(): Promise<void> {
    const before = sources.mark
    if ((await sources.read()) !== null && sources.mark !== before) credentialsChanged()
  }

  async function grantChanged(): Promise<void> {
    // A change of our own is told by whoever makes it.
    if (changing > 0) return
    const { value: record } = await readStored(store, grantKind(account))
    if (disposal !== null || changing > 0) return
    if (record.epoch > seenEpoch) {
      seenEpoch = record.epoch
      if (record.signedOut) signOutLocally()
      else credentialsChanged()
      return
    }
    if (spender.busy) {
      // What the exchange under way saves is told by its outcome; what others saved is looked at after it.
      await spender.idle()
      return grantChanged()
    }
    const { generation, rejected, wanted } = actor.getSnapshot().context
    if (record.epoch < seenEpoch || record.signedOut || !wanted) return
    const adopted = adoptable(ports, record, { have: generation, rejected })
    if (adopted === null) return
    lastError = null
    actor.send({ type: 'ADOPTED', ...adopted })
  }

  /** Runs a change of our own to the record, of which the watch need not tell. */
  async function change<T extends { readonly epoch: number }>(write: () => Promise<T>): Promise<T> {
    changing += 1
    try {
      const written = await write()
      seenEpoch = Math.max(seenEpoch, written.epoch)
      return written
    } finally {
      changing -= 1
    }
  }

  async function ledgerChanged(): Promise<void> {
    if (status.state === 'blocked' && (await standingBlock(ports)) === null) actor.send({ type: 'UNBLOCKED' })
  }

  function credentialsChanged(): void {
    turn += 1
    lastError = null
    spender.cancel(superseded())
    actor.send({ type: 'CREDENTIALS' })
  }

  function signOutLocally(): void {
    turn += 1
    lastError = conditionError(ports, 'signed-out', { account })
    spender.cancel(superseded())
    actor.send({ type: 'SIGN_OUT' })
    callers.review()
  }

  const disposed = () =>
    new EvergrantError('disposed', {
      message: `The session of account ${account} has been disposed`,
      help: 'Create a new session.',
      details: { account },
    })

  function waitFor(options: GetTokenOptions, newerThan: number): Promise<AccessToken> {
    const { signal, minTtl = 0, maxWait = policy.maxWait } = options
    checkWait('minTtl', minTtl)
    checkWait('maxWait', maxWait)
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const waiting = callers.add({ newerThan, minTtl, deadline: timeline.now() + maxWait }, signal)
    callers.review()
    return waiting
  }

  async function getTokenWith(options: GetTokenOptions): Promise<AccessToken> {
    if (disposal !== null) throw disposed()
    options.signal?.throwIfAborted()
    const present = peekToken()
    demand(false)
    const short = present !== null && present.expiresAt - timeline.now() < (options.minTtl ?? 0)
    if (short) actor.send({ type: 'REFRESH', force: false })
    return waitFor(options, 0)
  }

  function dispose(): Promise<void> {
    disposal ??= (async () => {
      callers.rejectAll(disposed)
      watch?.[Symbol.dispose]()
      actor.stop()
      token = null
      served = null
      const patience = timeline.alarm(
        timeline.now() + policy.requestTimeout + SAVING_TIME,
        () => spender.cancel(disposed()),
        { hold: true },
      )
      await spender.idle()
      patience[Symbol.dispose]()
      for (const broadcast of [tokens, statuses, events]) broadcast.complete()
      listeners.clear()
    })()
    return disposal
  }

  actor.subscribe(publish)
  actor.start()
  if (settings.eager) demand(false)

  return {
    provider,
    account,
    token$: tokens.values,
    status$: statuses.values,
    events$: events.values,
    getSnapshot: () => status,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    getToken(given) {
      if (given === undefined && token !== null && timeline.now() < token.expiresAt) {
        return (served ??= Promise.resolve(token))
      }
      return getTokenWith(given ?? {})
    },
    peekToken,
    reportRejected({ generation }) {
      if (token === null || generation !== token.generation) return
      const { rejections } = actor.getSnapshot().context
      emit({ type: 'token-rejected', at: timeline.now(), generation })
      // The first refusal is answered at once; a server that refuses what it has just issued is given time (P13).
      const pause = Math.max(requestFloor(policy, token.expiresAt - token.issuedAt), backoff(policy, rejections, random))
      actor.send({ type: 'REJECTED', generation, retryAt: rejections === 0 ? null : timeline.now() + pause })
    },
    async refresh(given = {}) {
      if (disposal !== null) throw disposed()
      given.signal?.throwIfAborted()
      const force = given.force ?? false
      const { state, generation } = status
      if (state === 'unauthenticated') demand(force)
      else actor.send({ type: 'REFRESH', force })
      return waitFor(given, state === 'unauthenticated' ? 0 : generation)
    },
    async setCredentials(input) {
      if (disposal !== null) throw disposed()
      checkCredentials('credentials', input)
      if (Object.values(input).every((value) => !value)) {
        throw invalidOptions('credentials', 'nothing in them', 'Give a refresh token, a client secret, or both.')
      }
      await change(() => replaceCredentials(ports, input))
      credentialsChanged()
    },
    async signOut({ revoke = false, signal } = {}) {
      if (disposal !== null) throw disposed()
      signOutLocally()
      const { credentials } = await change(() => forget(ports))
      if (revoke && credentials !== null) {
        await provider.revoke?.(credentials, { signal: signal ?? new AbortController().signal })
      }
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function checkWait(option: string, value: number): void {
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
    throw invalidOptions(option, 'not a number of at least 0', 'It is a time in milliseconds.')
  }
}

function superseded(): Error {
  return new Error('Signed out, or given new credentials')
}
