import type { StateValue } from 'xstate'
import type { LifecycleContext } from './context.ts'
import { stateOf } from './session-status.ts'

/** What {@link nextDue} looks at: a snapshot, or as much of one as a test makes up. */
export interface DueSnapshot {
  readonly value: StateValue
  readonly context: Pick<LifecycleContext, 'token' | 'refreshAt' | 'retryAt' | 'until'>
}

/**
 * When the machine wants to be told the time next, in epoch ms on the session's line; `null` if time changes nothing.
 * All its deadlines, in one table: whoever runs the machine sets one alarm by it and sends `TIME` when that fires.
 */
export function nextDue({ value, context }: DueSnapshot): number | null {
  const { refreshAt, retryAt, until } = context
  const death = context.token?.expiresAt ?? null
  switch (stateOf({ value })) {
    case 'valid':
      return earliest(refreshAt, death)
    case 'backoff':
      return retryAt
    case 'expiring':
      // While a request is under way, no retry is due.
      return isIn(value, 'waiting') ? earliest(retryAt, death) : death
    case 'blocked':
      return isIn(value, 'resting') ? earliest(earliest(retryAt, until), death) : death
    case 'revoked':
      return death
    case 'unauthenticated':
    case 'refreshing':
      return null
  }
}

function isIn(value: StateValue, child: string): boolean {
  return Object.values(value)[0] === child
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}
