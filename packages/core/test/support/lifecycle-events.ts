import type { SnapshotFrom } from 'xstate'
import { EvergrantError, tokenRequestError } from '../../src/errors.ts'
import { accountError, blockedError, conditionError } from '../../src/exchange/condition-error.ts'
import type { Outcome, TokenGrant } from '../../src/exchange/outcome.ts'
import type { LifecycleEvent } from '../../src/machine/events.ts'
import type { lifecycleMachine } from '../../src/machine/machine.ts'
import { stateOf } from '../../src/machine/session-status.ts'
import { accessToken } from '../../src/token.ts'

export type Snapshot = SnapshotFrom<typeof lifecycleMachine>

/** The times that happen, in order: a retry and the end of a block, each before and after the token's death. */
export const TIMES = {
  early: 300,
  refreshAt: 600,
  retryAt: 700,
  shortUntil: 800,
  expiresAt: 900,
  probeAt: 1_000,
  until: 2_000,
} as const

/** Enough to tell a newer token from the present one. */
const MOST_GENERATIONS = 2

const subject = {
  provider: { issuer: 'https://server.test', requestToken: () => Promise.reject(new Error('asks nobody')) },
  account: 'main',
}

function grantOf(generation: number): TokenGrant {
  const token = accessToken({ value: `access-${generation}`, generation, issuedAt: 0, expiresAt: TIMES.expiresAt })
  return { token, refreshAt: TIMES.refreshAt, mandatoryAt: 840 }
}

const noProgress = new EvergrantError('no-progress', { message: 'm', help: 'h', details: { retryAt: null } })

function failures(): Outcome[] {
  const cause = tokenRequestError({ kind: 'timeout' })
  const block = { until: TIMES.until, retryAt: TIMES.probeAt }
  const shortBlock = { until: TIMES.shortUntil, retryAt: TIMES.retryAt }
  const budget = { until: TIMES.until, retryAt: TIMES.until }
  const account = { account: 'main' }
  return [
    { type: 'rejected', reason: 'grant-revoked', error: accountError(subject, 'grant-revoked') },
    { type: 'transient', error: cause, retryAt: TIMES.retryAt },
    { type: 'transient', error: noProgress, retryAt: TIMES.probeAt },
    { type: 'deferred', reason: 'cooldown', retryAt: TIMES.retryAt },
    {
      type: 'blocked',
      reason: 'ip-block-suspected',
      ...block,
      error: blockedError(subject, 'ip-block-suspected', block),
    },
    {
      type: 'blocked',
      reason: 'edge-refused',
      ...shortBlock,
      error: blockedError(subject, 'edge-refused', shortBlock),
    },
    {
      type: 'blocked',
      reason: 'login-budget-spent',
      ...budget,
      error: blockedError(subject, 'login-budget-spent', budget),
    },
    { type: 'absent', reason: 'credentials-missing', error: conditionError(subject, 'credentials-missing', account) },
    { type: 'absent', reason: 'signed-out', error: conditionError(subject, 'signed-out', account) },
  ]
}

/** Where an actor runs whose end is an event. */
const EXCHANGES = ['refreshing', 'expiring.requesting']
const PROBE = 'blocked.probing'

/** XState's own event for the end of an actor; it is no event of the session's. */
const ended = (how: 'done' | 'error', place: string, result: object) =>
  ({ type: `xstate.${how}.actor.0.lifecycle.${place}`, ...result }) as unknown as LifecycleEvent

function broughtAfter(generation: number): Outcome[] {
  const newer = Math.min(generation + 1, MOST_GENERATIONS)
  return [
    { type: 'granted', note: null, ...grantOf(newer) },
    { type: 'adopted', ...grantOf(newer) },
  ]
}

/** All ends of an exchange that was begun in `place`. */
export function endsOfExchange({ context: { generation } }: Snapshot, place: string): LifecycleEvent[] {
  const repeated: Outcome = { type: 'granted', note: noProgress, ...grantOf(Math.max(1, generation)) }
  const fault = ended('error', place, { error: { at: 0, error: tokenRequestError({ kind: 'unknown' }) } })
  const outcomes = [...broughtAfter(generation), repeated, ...failures()]
  return [...outcomes.map((outcome) => ended('done', place, { output: { outcome, at: 0 } })), fault]
}

/** All ends of a probe. */
export function endsOfProbe(): LifecycleEvent[] {
  const times = { retryAt: TIMES.probeAt, until: TIMES.until }
  const found = [false, true].map((reachable) => ended('done', PROBE, { output: { reachable, ...times } }))
  return [...found, ended('error', PROBE, { error: new Error('of our own') })]
}

/** Everything that can happen in this state, with one example of each kind. */
export function eventsIn(snapshot: Snapshot): LifecycleEvent[] {
  const { generation } = snapshot.context
  const newer = Math.min(generation + 1, MOST_GENERATIONS)
  const events: LifecycleEvent[] = [
    { type: 'CREDENTIALS' },
    { type: 'SIGN_OUT' },
    { type: 'UNBLOCKED' },
    ...[false, true].map((force): LifecycleEvent => ({ type: 'REFRESH', force })),
    ...Object.values(TIMES).map((now): LifecycleEvent => ({ type: 'TIME', now })),
    ...[generation, generation - 1].flatMap((rejected): LifecycleEvent[] => [
      { type: 'REJECTED', generation: rejected, retryAt: null },
      { type: 'REJECTED', generation: rejected, retryAt: TIMES.retryAt },
    ]),
  ]
  if (newer > generation) events.push({ type: 'ADOPTED', ...grantOf(newer) })
  if (generation > 0) events.push({ type: 'ADOPTED', ...grantOf(generation) })
  // A look at the store that ends late finds the session elsewhere.
  const wishes = placeOf(snapshot) === 'unauthenticated' ? [false, true] : [false]
  for (const outcome of [...broughtAfter(generation), ...failures(), { type: 'due' } as const]) {
    for (const force of wishes) events.push({ type: 'CONSULTED', outcome, force, at: 0 })
  }
  const place = placeOf(snapshot)
  if (EXCHANGES.includes(place)) events.push(...endsOfExchange(snapshot, place))
  if (place === PROBE) events.push(...endsOfProbe())
  return events
}

/** The innermost state, e.g. `expiring.waiting`. */
export function placeOf(snapshot: Snapshot): string {
  const { value } = snapshot
  const inner = typeof value === 'string' ? '' : `.${Object.values(value)[0]}`
  return `${stateOf(snapshot)}${inner}`
}

/** What tells two situations apart. No token is in it, and neither is what only grows. */
export function situationOf(snapshot: Snapshot): string {
  const { token, generation, retryAt, until, reason, rejected, wanted, force, halfOpen } = snapshot.context
  const shown = {
    place: placeOf(snapshot),
    token: token?.generation,
    generation,
    retryAt,
    until,
    reason,
    rejected,
    wanted,
  }
  return JSON.stringify({ ...shown, force, halfOpen })
}

/** A kind of event, as a path shows it. */
export function kindOf(event: LifecycleEvent): string {
  return event.type.replace(/^xstate\./, '').replace(/\.actor.*$/, '')
}

/** Whether an event is the end of an actor: of a probe that was answered, or of an exchange, by its outcome. */
export function isEndOf(event: LifecycleEvent, end: 'reachable' | 'failed' | Outcome['type']): boolean {
  if (!event.type.startsWith('xstate.')) return false
  const { output } = event as { output?: { reachable?: boolean; outcome?: Outcome } }
  if (end === 'reachable') return output?.reachable === true
  const type = output?.outcome?.type
  return end === 'failed' ? type !== 'granted' && type !== 'adopted' : type === end
}
