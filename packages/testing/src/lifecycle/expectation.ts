import type { SessionState, StatusReason } from '@evergrant/core'
import type { LifecycleSnapshot } from './model.ts'
import type { Move } from './moves.ts'

/** What the model says can be seen of a session from outside. */
export interface Expectation {
  readonly state: SessionState
  /** In `unauthenticated`, `blocked` and `revoked`; elsewhere a reason may be left over from before. */
  readonly reason: StatusReason | null
  readonly usable: boolean
  /** What waits for the server's move. */
  readonly underWay: 'request' | 'probe' | null
}

export function expectationOf(snapshot: LifecycleSnapshot): Expectation {
  const { value, context } = snapshot
  return {
    state: (typeof value === 'string' ? value : Object.keys(value)[0]) as SessionState,
    reason: context.reason,
    usable: context.token,
    underWay: snapshot.hasTag('request') ? 'request' : snapshot.hasTag('probe') ? 'probe' : null,
  }
}

/** What must have reached the server in one step. */
export interface Arrivals {
  readonly requests: number
  readonly probes: number
}

/** A request stays under way until it is answered; only with other credentials a new one takes its place. */
export function arrivalsIn(before: Expectation, move: Move, after: Expectation): Arrivals {
  const renewed = move === 'NEW_CREDENTIALS' || move === 'SIBLING_SET_CREDENTIALS'
  const begun = (what: 'request' | 'probe', again: boolean) =>
    after.underWay === what && (before.underWay !== what || again) ? 1 : 0
  return { requests: begun('request', renewed), probes: begun('probe', false) }
}

/** As a line of text, e.g. `blocked (edge-refused), usable, probe`. */
export function show({ state, reason, usable, underWay }: Expectation): string {
  const place = reason === null ? state : `${state} (${reason})`
  return [place, ...(usable ? ['usable'] : []), ...(underWay === null ? [] : [underWay])].join(', ')
}
