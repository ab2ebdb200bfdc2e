import { EvergrantError, type ErrorCode } from '../errors.ts'
import type { SessionState } from '../machine/session-status.ts'
import type { Timeline } from '../time/timeline.ts'
import type { AccessToken } from '../token.ts'

/** What a waiting caller wants. */
export interface Demand {
  /** Only a token of a higher generation will do. */
  readonly newerThan: number
  /** Ms that the token must still live. */
  readonly minTtl: number
  /** Epoch ms on the session's line. */
  readonly deadline: number
}

/** How things stand, as far as a waiting caller cares. */
export interface Standing {
  readonly state: SessionState
  readonly token: AccessToken | null
  /** A request is under way, or about to be. */
  readonly busy: boolean
  readonly retryAt: number | null
  /** The last failure; `null` since the last success. */
  readonly error: EvergrantError | null
}

export type Answer = { readonly token: AccessToken } | { readonly error: EvergrantError } | null

/** Failures that waiting does not mend: somebody has to do something first. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'record-corrupt',
  'record-from-future',
  'wrong-issuer',
  'store-corrupt',
  'store-insecure',
  'credentials-unreadable',
  'internal',
])

/** What to tell a caller now; `null` lets it wait on. */
export function answer(demand: Demand, standing: Standing, now: number): Answer {
  const { token, error, state, retryAt } = standing
  if (token !== null && token.generation > demand.newerThan) {
    if (token.expiresAt - now >= demand.minTtl) return { token }
    if (token.expiresAt - token.issuedAt < demand.minTtl) return { error: minTtlUnreachable(demand, token) }
  }
  if (standing.busy) return null
  if (error?.code === 'no-progress' && token !== null) return { error: again(error) }
  switch (state) {
    case 'unauthenticated':
    case 'revoked':
      return error === null ? null : { error: again(error) }
    case 'blocked':
      return error === null || soonEnough(demand, retryAt) ? null : { error: again(error) }
    case 'backoff':
    case 'expiring':
      if (error !== null && HOPELESS.has(error.code)) return { error: again(error) }
      return soonEnough(demand, retryAt) ? null : { error: unavailable(retryAt, error) }
    case 'valid':
    case 'refreshing':
      return null
  }
}

/** Callers that wait, each with its own bound. */
export interface Callers {
  readonly anyone: boolean
  /** Answers at once, or waits; rejects with `wait-timeout` at the deadline, or with the reason of the signal. */
  add(demand: Demand, signal: AbortSignal | undefined): Promise<AccessToken>
  /** After a change: answers whoever can be answered. */
  review(): void
  rejectAll(error: () => EvergrantError): void
}

export function createCallers(timeline: Timeline, standing: () => Standing): Callers {
  return new WaitingCallers(timeline, standing)
}

interface Waiting {
  look(now: number): void
  leave(error: EvergrantError): void
}

class WaitingCallers implements Callers {
  readonly #timeline: Timeline
  readonly #standing: () => Standing
  /** Most sessions have nobody waiting. */
  #waiting: Set<Waiting> | null = null

  constructor(timeline: Timeline, standing: () => Standing) {
    this.#timeline = timeline
    this.#standing = standing
  }

  get anyone(): boolean {
    return this.#waiting !== null
  }

  add(demand: Demand, signal: AbortSignal | undefined): Promise<AccessToken> {
    const timeline = this.#timeline
    const standing = this.#standing
    const callers = (this.#waiting ??= new Set())
    return new Promise((resolve, reject) => {
      const since = timeline.now()
      const end = (settle: () => void) => {
        callers.delete(waiting)
        if (callers.size === 0) this.#waiting = null
        alarm[Symbol.dispose]()
        signal?.removeEventListener('abort', abort)
        settle()
      }
      const abort = () => end(() => reject(signal?.reason as Error))
      const giveUp = () => end(() => reject(waitTimeout(since, timeline.now(), standing().error)))
      const waiting: Waiting = {
        look(now) {
          const told = answer(demand, standing(), now)
          if (told !== null) end(() => ('token' in told ? resolve(told.token) : reject(told.error)))
        },
        leave: (error) => end(() => reject(error)),
      }
      const alarm = timeline.alarm(demand.deadline, giveUp, { hold: true })
      callers.add(waiting)
      signal?.addEventListener('abort', abort)
      waiting.look(since)
    })
  }

  review(): void {
    if (this.#waiting === null) return
    const now = this.#timeline.now()
    for (const waiting of this.#waiting) waiting.look(now)
  }

  rejectAll(error: () => EvergrantError): void {
    for (const waiting of this.#waiting ?? []) waiting.leave(error())
  }
}

/** A try at the very bound would be told of too late: the caller's own alarm goes first. */
function soonEnough(demand: Demand, retryAt: number | null): boolean {
  return retryAt !== null && retryAt < demand.deadline
}

/** The same error for another caller, with the stack of that caller. */
function again(error: EvergrantError): EvergrantError {
  const { code, message, help, details, cause } = error
  return new EvergrantError(code, { message, help, details, cause })
}

function unavailable(retryAt: number | null, cause: EvergrantError | null): EvergrantError<'token-unavailable'> {
  return new EvergrantError('token-unavailable', {
    message: `There is no token now${cause === null ? '' : `: ${cause.message}`}`,
    help: cause?.help ?? 'Nothing to do: the session tries again by itself.',
    details: { retryAt },
    cause: cause ?? undefined,
  })
}

function waitTimeout(since: number, now: number, cause: EvergrantError | null): EvergrantError<'wait-timeout'> {
  const waited = now - since
  return new EvergrantError('wait-timeout', {
    message: `No token came within ${waited} ms${cause === null ? '' : `: ${cause.message}`}`,
    help: cause?.help ?? 'Ask again later, or allow more time with maxWait. The session goes on trying by itself.',
    details: { waited },
    cause: cause ?? undefined,
  })
}

function minTtlUnreachable({ minTtl }: Demand, token: AccessToken): EvergrantError<'min-ttl-unreachable'> {
  const lifetime = token.expiresAt - token.issuedAt
  return new EvergrantError('min-ttl-unreachable', {
    message: `A token must live for ${minTtl} ms more, but tokens of this server live for ${lifetime} ms`,
    help: 'Ask for a smaller minTtl.',
    details: { minTtl, lifetime },
  })
}
