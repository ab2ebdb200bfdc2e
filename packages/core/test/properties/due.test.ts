import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { getInitialSnapshot, getNextSnapshot } from 'xstate'
import { tokenRequestError } from '../../src/errors.ts'
import { accountError, blockedError, conditionError } from '../../src/exchange/condition-error.ts'
import type { Outcome, TokenGrant } from '../../src/exchange/outcome.ts'
import { nextDue } from '../../src/machine/due.ts'
import type { LifecycleEvent } from '../../src/machine/events.ts'
import { lifecycleMachine } from '../../src/machine/machine.ts'
import { stateOf } from '../../src/machine/session-status.ts'
import { accessToken } from '../../src/token.ts'
import { cases } from '../support/fuzz.ts'
import { placeOf, type Snapshot } from '../support/lifecycle-events.ts'

const subject = {
  provider: { issuer: 'https://server.test', requestToken: () => Promise.reject(new Error('asks nobody')) },
  account: 'main',
}
const reached = tokenRequestError({ kind: 'timeout' })

/** What happens next, told by numbers, so that it fits whatever state the machine is in. */
interface Turn {
  readonly what: number
  readonly ahead: number
  readonly further: number
  readonly yes: boolean
}

const aTurn: fc.Arbitrary<Turn> = fc.record({
  what: fc.nat(99),
  ahead: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1e9 })),
  further: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1e9 })),
  yes: fc.boolean(),
})

function grantAt(now: number, { ahead, further }: Turn, generation: number): TokenGrant {
  const expiresAt = now + 1 + ahead + further
  const token = accessToken({ value: 'invented', generation, issuedAt: now, expiresAt })
  // Of a token that brings nothing new, the next request may lie behind its end.
  return { token, refreshAt: now + 1 + ahead * 2, mandatoryAt: expiresAt }
}

function outcomeAt(now: number, turn: Turn, { generation }: Snapshot['context']): Outcome {
  const retryAt = now + turn.ahead
  const block = { retryAt: now + turn.ahead, until: now + turn.ahead + turn.further }
  const grant = grantAt(now, turn, generation + 1)
  const outcomes: readonly Outcome[] = [
    { type: 'granted', note: null, ...grant },
    { type: 'granted', note: null, ...grant },
    { type: 'adopted', ...grant },
    { type: 'transient', error: reached, retryAt },
    { type: 'deferred', reason: 'floor', retryAt },
    { type: 'blocked', reason: 'edge-refused', ...block, error: blockedError(subject, 'edge-refused', block) },
    { type: 'rejected', reason: 'grant-revoked', error: accountError(subject, 'grant-revoked') },
    { type: 'absent', reason: 'signed-out', error: conditionError(subject, 'signed-out', { account: 'main' }) },
  ]
  return outcomes[turn.what % outcomes.length]!
}

function eventAt(now: number, turn: Turn, snapshot: Snapshot): LifecycleEvent {
  const { generation } = snapshot.context
  const place = placeOf(snapshot)
  const ended = (output: object) =>
    ({ type: `xstate.done.actor.0.lifecycle.${place}`, output }) as unknown as LifecycleEvent
  const probed = { reachable: turn.yes, retryAt: now + turn.ahead, until: now + turn.ahead + turn.further }
  const events: readonly LifecycleEvent[] = [
    place === 'blocked.probing' ? ended(probed) : ended({ outcome: outcomeAt(now, turn, snapshot.context), at: now }),
    { type: 'CONSULTED', outcome: outcomeAt(now, turn, snapshot.context), force: turn.yes, at: now },
    { type: 'CONSULTED', outcome: { type: 'due' }, force: turn.yes, at: now },
    { type: 'REJECTED', generation, retryAt: turn.yes ? now + turn.ahead : null },
    { type: 'REFRESH', force: turn.yes },
    { type: 'ADOPTED', ...grantAt(now, turn, generation + 1) },
    { type: 'CREDENTIALS' },
    { type: 'UNBLOCKED' },
    { type: 'SIGN_OUT' },
  ]
  // The ends of what is under way come more often than what comes from outside.
  return events[turn.what % 12] ?? events[turn.what % 2]!
}

/** Plays any story of a session whose alarm is always heard. */
function play(turns: readonly Turn[], look: (snapshot: Snapshot, now: number) => void): void {
  let snapshot: Snapshot = getInitialSnapshot(lifecycleMachine)
  let now = 1_000_000
  const hear = (event: LifecycleEvent) => {
    snapshot = getNextSnapshot(lifecycleMachine, snapshot, event)
    look(snapshot, now)
  }
  for (const turn of turns) {
    hear(eventAt(now, turn, snapshot))
    const due = nextDue(snapshot)
    if (due === null || turn.what % 3 === 0) continue
    now = Math.max(now, due)
    hear({ type: 'TIME', now })
  }
}

const aStory = fc.array(aTurn, { maxLength: 40, size: 'max' })

describe('when the machine wants to be told the time, in any story', () => {
  it('P12 is never NaN nor without end', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        play(story, (snapshot) => {
          expect(Number.isFinite(nextDue(snapshot) ?? 0)).toBe(true)
        })
      }),
      cases(60),
    )
  })

  it('P13 is used up by being told: it asks for no time that has come twice', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        play(story, (snapshot) => {
          const due = nextDue(snapshot)
          if (due === null) return
          let told = snapshot
          // One telling may bring it to a state whose own time has come; two such steps are the most.
          for (let times = 0; times < 3; times += 1)
            told = getNextSnapshot(lifecycleMachine, told, { type: 'TIME', now: due })
          expect(nextDue(told) ?? Infinity).toBeGreaterThan(due)
        })
      }),
      cases(60),
    )
  })

  it('P5 is at the latest the death of the token that is served', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        play(story, (snapshot) => {
          const { token } = snapshot.context
          expect(token === null ? 0 : (nextDue(snapshot) ?? Infinity)).toBeLessThanOrEqual(token?.expiresAt ?? 0)
        })
      }),
      cases(60),
    )
  })

  it('P12 is known wherever the session waits for time alone', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        play(story, (snapshot) => {
          const waits = /^(?:valid|backoff|blocked)$/.test(stateOf(snapshot)) && placeOf(snapshot) !== 'blocked.probing'
          expect(waits && nextDue(snapshot) === null).toBe(false)
        })
      }),
      cases(60),
    )
  })
})
