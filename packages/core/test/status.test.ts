import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { lifecycleMachine } from '../src/machine/machine.ts'
import { blankStatus, sessionStates, stateOf } from '../src/machine/session-status.ts'
import { statusOf } from '../src/published/status.ts'
import { situations } from './support/lifecycle-map.ts'

describe('the outside view', () => {
  it('shows of every situation what it has, and nothing more', () => {
    for (const snapshot of situations) {
      const { token, generation, refreshAt, login, retryAt, reason, lastFailure, attempts } = snapshot.context
      const times = token && { usable: true, issuedAt: token.issuedAt, expiresAt: token.expiresAt, refreshAt }
      expect(statusOf(snapshot, null)).toEqual({
        state: stateOf(snapshot),
        ...(times ?? { usable: false, issuedAt: null, expiresAt: null, refreshAt: null }),
        generation,
        loginExpiresAt: login?.expiresAt ?? null,
        retryAt,
        reason,
        lastFailure,
        attempts,
      })
    }
  })

  it('is blank before anything has happened', () => {
    expect(blankStatus).toEqual(statusOf(createActor(lifecycleMachine).getSnapshot(), null))
    expect(Object.isFrozen(blankStatus)).toBe(true)
  })

  it('has the states of the machine', () => {
    expect(sessionStates.toSorted()).toEqual(Object.keys(lifecycleMachine.states).toSorted())
  })

  it('cannot be changed', () => {
    expect(situations.every((snapshot) => Object.isFrozen(statusOf(snapshot, null)))).toBe(true)
  })

  it('is the same object for as long as nothing differs', () => {
    for (const snapshot of situations) {
      const first = statusOf(snapshot, null)
      expect(statusOf(snapshot, first)).toBe(first)
      const changed = { ...snapshot, context: { ...snapshot.context, attempts: snapshot.context.attempts + 1 } }
      expect(statusOf(changed as typeof snapshot, first)).not.toBe(first)
    }
  })
})
