import { createBurstReading } from './burst-reading.ts'
import { createCallers, type Standing } from './callers.ts'
import { consult } from './consult.ts'
import { withDeadline } from './deadline.ts'
import { EvergrantError, invalidOptions, isEvergrantError, tokenRequestError } from './errors.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { forget, replaceCredentials } from './grant-change.ts'
import { summarize, type Fault } from './machine/updates.ts'
import type { Outcome } from './outcome.ts'
import { backoff, requestFloor } from './policy.ts'
import { probeServer } from './probe.ts'
import type { Provider } from './provider.ts'
import { createPublication } from './publication.ts'
import { createLifecycle } from './session-actors.ts'
import { createChanges } from './session-changes.ts'
import { checkOptions, type SessionOptions } from './session-options.ts'
import { checkCredentials } from './sources.ts'
import { createSpender } from './spender.ts'
import { stateOf } from './status.ts'
import { createTimeline } from './timeline.ts'
import type { AccessToken } from './token.ts'
import type { GetTokenOptions, TokenSession } from './token-session.ts'
import { look } from './view.ts'

/** Beyond the time-out of a request, in ms: what saving its answer may take before dispose gives up waiting. */
const SAVING_TIME = 5_000

/**
 * Keeps one account's access token alive. Nothing is read or sent before somebody asks for a token, unless `eager`.
 * Throws `invalid-options` or `store-sharing` for options that cannot work.
 */
export function createSession<P extends Provider>(options: SessionOptions<P>): TokenSession<P> {
  const { provider, sources, store, account, policy, clock, random, ...settings } = checkOptions(options)
  const timeline = createTimeline(clock)
  const readTime = createBurstReading(clock, timeline)

  let served: Promise<AccessToken> | null = null
  let lastError: EvergrantError | null = null
  let consulting: Promise<void> | null = null
  let disposal: Promise<void> | null = null

  const ports: ExchangePorts = {
    provider,
    store,
    account,
    policy,
    timeline,
    random,
    readSource: () => sources.read(),
    onEpoch: (epoch) => changes.seeEpoch(epoch),
    onStep: (step) => shown.emit({ type: 'exchange-step', at: timeline.now(), step }),
    onStoreFailure(error) {
      const at = timeline.now()
      shown.emit({ type: 'store-failed', at, failure: summarize(error, at) })
    },
  }
  const spender = createSpender(ports)
  const actor = createLifecycle({
    alarm: (at, run) => timeline.alarm(at, () => run(timeline.now()), { hold: settings.keepAlive }),
    async exchange(input) {
      const at = timeline.now()
      const { turn } = changes
      shown.emit({ type: 'refresh-started', at, attempt: input.attempts + 1 })
      try {
        const outcome = await spender.spend(input)
        if (turn === changes.turn) noteError(outcome)
        const ended = timeline.now()
        shown.emit({ type: 'refresh-ended', at: ended, outcome: outcome.type, took: ended - at })
        return { outcome, at: ended }
      } catch (error) {
        const fault: Fault = { at: timeline.now(), error: asFault(error) }
        if (turn === changes.turn) lastError = fault.error
        throw fault
      }
    },
    async probe(signal) {
      const output = await probeServer(ports, signal)
      shown.emit({ type: 'probed', at: timeline.now(), reachable: output.reachable })
      return output
    },
  })
  const callers = createCallers(timeline, standing)
  const changes = createChanges({ ports, sources, spender, actor, setError: (error) => void (lastError = error) })
  const shown = createPublication(
    {
      timeline,
      present: peekToken,
      onChange() {
        served = null
        callers.review()
      },
      onListenerError: settings.onListenerError,
    },
    actor.getSnapshot(),
  )

  function standing(): Standing {
    const snapshot = actor.getSnapshot()
    const { retryAt } = snapshot.context
    const busy = consulting !== null || snapshot.matches('refreshing') || snapshot.matches({ expiring: 'requesting' })
    return { state: stateOf(snapshot), token: peekToken(), busy, retryAt, error: lastError }
  }

  function noteError(outcome: Outcome): void {
    if (outcome.type === 'adopted') lastError = null
    else if (outcome.type === 'granted') lastError = outcome.note
    else if ('error' in outcome) lastError = outcome.error
  }

  function peekToken(): AccessToken | null {
    const { token } = shown
    if (token === null) return null
    const now = readTime()
    if (now < token.expiresAt) return token
    // The alarm is late: the event loop was busy, or the machine asleep. Nobody gets a dead token for that (P5).
    actor.send({ type: 'TIME', now })
    return null
  }

  /** Makes sure that something is under way for a caller that found no token. */
  function demand(force: boolean): void {
    const { state, reason } = shown.status
    if (state !== 'unauthenticated' || (reason === 'signed-out' && !force)) return
    consulting ??= consultStore(force).finally(() => {
      consulting = null
      callers.review()
    })
  }

  async function consultStore(force: boolean): Promise<void> {
    changes.startWatching()
    const { turn } = changes
    const outcome = await lookAndConsult(force)
    if (disposal !== null || shown.status.state !== 'unauthenticated') return
    if (turn === changes.turn) {
      noteError(outcome)
      actor.send({ type: 'CONSULTED', outcome, force, at: timeline.now() })
    } else if (shown.status.reason !== 'signed-out') {
      // What was read belongs to credentials that have been replaced meanwhile.
      await consultStore(force)
    }
  }

  async function lookAndConsult(force: boolean): Promise<Outcome> {
    const have = shown.status.generation
    const request = { have, rejected: 0, force, halfOpen: false, attempts: 0, mandatoryAt: null }
    try {
      return consult(ports, await look(ports), request)
    } catch (error) {
      return { type: 'transient', error: asFault(error), retryAt: timeline.now() + backoff(policy, 1, random) }
    }
  }

  function waitFor(options: GetTokenOptions, newerThan: number): Promise<AccessToken> {
    const { signal, minTtl = 0, maxWait = policy.maxWait } = options
    const waiting = callers.add({ newerThan, minTtl, deadline: timeline.now() + maxWait }, signal)
    callers.review()
    return waiting
  }

  async function getTokenWith(given: GetTokenOptions): Promise<AccessToken> {
    checkCall(given)
    const present = peekToken()
    demand(false)
    const short = present !== null && present.expiresAt - timeline.now() < (given.minTtl ?? 0)
    if (short) actor.send({ type: 'REFRESH', force: false })
    return waitFor(given, 0)
  }

  function checkCall(given: GetTokenOptions): void {
    if (disposal !== null) throw disposed()
    given.signal?.throwIfAborted()
    for (const option of ['minTtl', 'maxWait'] as const) {
      const value: unknown = given[option] ?? 0
      if (typeof value === 'number' && value >= 0) continue
      throw invalidOptions(option, 'not a number of at least 0', 'It is a time in milliseconds.')
    }
  }

  const disposed = () =>
    new EvergrantError('disposed', {
      message: `The session of account ${account} has been disposed`,
      help: 'Create a new session.',
      details: { account },
    })

  async function end(): Promise<void> {
    callers.rejectAll(disposed)
    changes.end()
    actor.stop()
    shown.end()
    served = null
    const patience = timeline.alarm(
      timeline.now() + policy.requestTimeout + SAVING_TIME,
      () => spender.cancel(disposed()),
      { hold: true },
    )
    await spender.idle()
    patience[Symbol.dispose]()
  }

  const dispose = () => (disposal ??= end())

  actor.subscribe((snapshot) => shown.show(snapshot))
  actor.start()
  if (settings.eager) demand(false)

  return {
    provider,
    account,
    get token$() {
      return shown.token$
    },
    get status$() {
      return shown.status$
    },
    get events$() {
      return shown.events$
    },
    getSnapshot: () => shown.status,
    subscribe: shown.subscribe,
    getToken(given) {
      if (given !== undefined) return getTokenWith(given)
      const { token } = shown
      if (token !== null && readTime() < token.expiresAt) return (served ??= Promise.resolve(token))
      return getTokenWith({})
    },
    peekToken,
    reportRejected({ generation }) {
      const { token } = shown
      if (token === null || generation !== token.generation) return
      const { rejections } = actor.getSnapshot().context
      const now = timeline.now()
      shown.emit({ type: 'token-rejected', at: now, generation })
      // The first refusal is answered at once; a server that refuses what it has just issued is given time (P13).
      const floor = requestFloor(policy, token.expiresAt - token.issuedAt)
      const retryAt = rejections === 0 ? null : now + Math.max(floor, backoff(policy, rejections, random))
      actor.send({ type: 'REJECTED', generation, retryAt })
    },
    async refresh(given = {}) {
      checkCall(given)
      const force = given.force ?? false
      const { state, generation } = shown.status
      if (state === 'unauthenticated') demand(force)
      else actor.send({ type: 'REFRESH', force })
      return waitFor(given, state === 'unauthenticated' ? 0 : generation)
    },
    async setCredentials(input) {
      checkCall({})
      checkCredentials('credentials', input)
      if (Object.values(input).every((value) => !value)) {
        throw invalidOptions('credentials', 'nothing in them', 'Give a refresh token, a client secret, or both.')
      }
      await changes.make(() => replaceCredentials(ports, input))
      changes.credentialsChanged()
    },
    async signOut({ revoke = false, signal } = {}) {
      checkCall({})
      changes.signedOut()
      const { credentials } = await changes.make(() => forget(ports))
      if (!revoke || credentials === null || provider.revoke === undefined) return
      const deadline = { ms: policy.requestTimeout, reason: tokenRequestError({ kind: 'timeout' }), signal }
      try {
        await withDeadline(timeline, deadline, async (bound) => provider.revoke?.(credentials, { signal: bound }))
      } catch (error) {
        signal?.throwIfAborted()
        throw isEvergrantError(error) ? error : tokenRequestError({ kind: 'unknown' })
      }
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** A fault that no part of evergrant foresaw. Its text may quote anything, so only its kind goes on (P11). */
function asFault(error: unknown): EvergrantError {
  if (isEvergrantError(error)) return error
  const name = error instanceof Error ? error.name : typeof error
  return new EvergrantError('internal', {
    message: `Something that should not fail did (${name})`,
    help: 'Look at the store or the credential source if it is your own; else report it.',
    details: { where: 'exchange' },
  })
}
