import type { SnapshotFrom } from 'xstate'
import type { lifecycleMachine } from '../machine/machine.ts'
import { stateOf, type SessionStatus } from '../machine/session-status.ts'

export type LifecycleSnapshot = SnapshotFrom<typeof lifecycleMachine>

/** The outside view of a snapshot, frozen; the previous object if nothing differs. */
export function statusOf(snapshot: LifecycleSnapshot, previous: SessionStatus | null): SessionStatus {
  const { token, generation, refreshAt, login, retryAt, reason, lastFailure, attempts } = snapshot.context
  const state = stateOf(snapshot)
  const status: SessionStatus = {
    state,
    usable: token !== null,
    generation,
    issuedAt: token?.issuedAt ?? null,
    expiresAt: token?.expiresAt ?? null,
    refreshAt,
    loginExpiresAt: login?.expiresAt ?? null,
    retryAt,
    reason,
    lastFailure,
    attempts,
  }
  return previous !== null && same(status, previous) ? previous : Object.freeze(status)
}

function same(a: SessionStatus, b: SessionStatus): boolean {
  return (Object.keys(a) as (keyof SessionStatus)[]).every((name) => a[name] === b[name])
}
