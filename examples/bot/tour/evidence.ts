import type { SessionState } from '@evergrant/core'
import type { RecordedRequest } from '@evergrant/testing'
import type { Call } from './traffic.ts'

/** What was going on for a while. */
export type SpanName =
  | 'ordinary'
  | 'invalidated'
  | 'rate-limited'
  | 'unavailable'
  | 'restart'
  /** The server drops everything, or the bot has not yet found out that it no longer does. */
  | 'silent'
  /** The session is in `blocked`. */
  | 'blocked'
  /** The grant is revoked at the server, or the bot has no new one yet. */
  | 'revoked'
  /** The session knows that the grant is revoked, and nobody has brought new credentials. */
  | 'dead'

/** A moment: epoch ms, and how many requests, calls, restarts and state changes there had been. */
export interface Moment {
  readonly at: number
  readonly requests: number
  readonly calls: number
  readonly restarts: number
  readonly changes: number
}

export interface Span {
  readonly name: SpanName
  readonly from: Moment
  /** `null` if the tour ended in the middle of it. */
  readonly to: Moment | null
}

/** What the server knows of a token that a session published. Epoch ms by this machine's clock. */
export interface TokenFacts {
  readonly generation: number
  readonly publishedAt: number
  readonly expiresAt: number
}

/** Everything that the promises are judged by: what the server and the bot saw, not what the session says. */
export interface Evidence {
  /** When the tour began, and when this was taken down: epoch ms. */
  readonly from: number
  readonly to: number
  /** Every request, in order of arrival. */
  readonly requests: readonly RecordedRequest[]
  readonly calls: readonly Call[]
  readonly spans: readonly Span[]
  readonly tokens: readonly TokenFacts[]
  readonly states: readonly SessionState[]
  readonly restarts: number
  readonly failedLogins: number
  /** How many refresh tokens were sent, and the most that one of them was in flight at a time. */
  readonly credentials: number
  readonly peakInFlight: number
  /** Everything printed, and everything that a log of the bot's errors would have shown. */
  readonly shown: string
  readonly secrets: readonly string[]
}

/** The first span of this name; `null` if the tour did not come so far, or not to its end. */
export function spanOf(evidence: Evidence, name: SpanName): (Span & { readonly to: Moment }) | null {
  const span = evidence.spans.find((one) => one.name === name)
  return span === undefined || span.to === null ? null : { ...span, to: span.to }
}

export function requestsIn({ requests }: Evidence, { from, to }: Span): readonly RecordedRequest[] {
  return requests.slice(from.requests, to?.requests)
}

export function callsIn({ calls }: Evidence, { from, to }: Span): readonly Call[] {
  return calls.slice(from.calls, to?.calls)
}

/** Whether a call failed, other than by being stopped with its bot. */
export function hasFailed({ result }: Call): boolean {
  return result !== null && result !== 'ok' && result !== 'stopped'
}

/** Ms that a request waited for a token; `null` for one that had it at once, or was told at once that there is none. */
export function waitOf({ leftAtOnce, askedAt, sends, endedAt, result }: Call): number | null {
  const last = sends.at(-1)
  if (last !== undefined) return leftAtOnce && sends.length === 1 ? null : last.leftAt - askedAt
  return result === 'no answer' ? (endedAt ?? askedAt) - askedAt : null
}

const SILENCE: ReadonlySet<string> = new Set(['no answer', 'ip-block-suspected'])
const REVOCATION: ReadonlySet<string> = new Set(['status 401', 'grant-revoked'])

/** Whether no client could have done better: the server dropped everything, or refused the token and the grant. */
export function wasExpected(evidence: Evidence, call: Call): boolean {
  const overlaps = (name: SpanName): boolean => {
    const span = evidence.spans.find((one) => one.name === name)
    if (span === undefined) return false
    return (call.endedAt ?? Infinity) >= span.from.at && call.askedAt <= (span.to?.at ?? Infinity)
  }
  const { result } = call
  if (result === null) return false
  return (SILENCE.has(result) && overlaps('silent')) || (REVOCATION.has(result) && overlaps('revoked'))
}
