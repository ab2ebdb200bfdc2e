import { describe, expect, it } from 'vitest'
import { EvergrantError, tokenRequestError } from '../src/errors.ts'
import { blockedError, conditionError } from '../src/exchange/condition-error.ts'
import type { Outcome, TokenGrant } from '../src/exchange/outcome.ts'
import { initialContext, type LifecycleContext } from '../src/machine/context.ts'
import type { TimedFault } from '../src/machine/events.ts'
import { summarize } from '../src/machine/failure-summary.ts'
import { takeFailure, takeFault, takeProbe, takeProbeFault, takeToken } from '../src/machine/updates.ts'
import { accessToken } from '../src/token.ts'
import { createPorts } from './support/exchange-view.ts'

const refused = tokenRequestError({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })
const noProgress = new EvergrantError('no-progress', { message: 'm', help: 'h', details: { retryAt: null } })
const token = accessToken({ value: 'invented-access', generation: 4, issuedAt: 1_000, expiresAt: 901_000 })
const grant: TokenGrant = { token, refreshAt: 600_000, mandatoryAt: 840_000 }

/** In the midst of trouble, with a token that is about to die. */
const troubled: LifecycleContext = {
  ...initialContext,
  token,
  generation: 3,
  refreshAt: 5,
  mandatoryAt: 6,
  retryAt: 7,
  until: 8,
  reason: 'cooldown',
  lastFailure: summarize(refused, 9),
  attempts: 2,
  force: true,
  halfOpen: true,
}

const consulted = (outcome: Outcome) => ({ type: 'CONSULTED', outcome, force: false, at: 50 }) as const
const ended = (outcome: Outcome) => ({ type: 'xstate.done.actor', output: { outcome, at: 50 } })

/** What the session remembers after an outcome, by whichever way it comes. */
function after(update: typeof takeFailure, outcome: Outcome): readonly LifecycleContext[] {
  return [consulted(outcome), ended(outcome)].map((event) => ({
    ...troubled,
    ...update({ context: troubled, event }),
  }))
}

describe('after a token the session remembers', () => {
  it('the token, and nothing of the trouble before it', () => {
    const fresh = { ...initialContext, ...grant, generation: 4, wanted: true }
    for (const outcome of [
      { type: 'granted', note: null, ...grant },
      { type: 'adopted', ...grant },
    ] satisfies Outcome[]) {
      expect(after(takeToken, outcome)).toEqual([fresh, fresh])
    }
  })

  it('P13 that it brought nothing new, if the server says so', () => {
    const outcome: Outcome = { type: 'granted', note: noProgress, ...grant }
    const [looked, exchanged] = after(takeToken, outcome)
    expect(exchanged).toMatchObject({ token, reason: 'no-progress', lastFailure: summarize(noProgress, 50) })
    expect(looked).toMatchObject({ token, reason: 'no-progress', lastFailure: summarize(noProgress, token.issuedAt) })
  })
})

describe('after a failure the session remembers', () => {
  const noWait = { retryAt: null, until: null, force: false, halfOpen: false }

  it('why the credentials are dead; the token stays', () => {
    const expected = { ...troubled, ...noWait, reason: 'rotation-lost', lastFailure: summarize(refused, 50) }
    const outcomes = after(takeFailure, { type: 'rejected', reason: 'rotation-lost', error: refused })
    expect(outcomes).toEqual([expected, expected])
  })

  it('that there are no credentials, and so no token either', () => {
    const error = conditionError(createPorts(), 'signed-out', { account: 'main' })
    const outcomes = after(takeFailure, { type: 'absent', reason: 'signed-out', error })
    const lastFailure = summarize(error, 50)
    const noToken = { token: null, refreshAt: null, mandatoryAt: null }
    const expected = { ...troubled, ...noWait, ...noToken, reason: 'signed-out', lastFailure }
    expect(outcomes).toEqual([expected, expected])
  })

  it('what blocks it and until when; a request that ran into it counts as an attempt', () => {
    const times = { until: 2_000, retryAt: 1_500 }
    for (const [cause, attempts] of [
      [refused, 3],
      [undefined, 2],
    ] as const) {
      const error = blockedError(createPorts(), 'edge-refused', times, cause)
      const outcomes = after(takeFailure, { type: 'blocked', reason: 'edge-refused', ...times, error })
      const lastFailure = summarize(error, 50)
      const expected = { ...troubled, ...noWait, ...times, reason: 'edge-refused', lastFailure, attempts }
      expect(outcomes).toEqual([expected, expected])
    }
  })

  it('when to try again, and one attempt more', () => {
    for (const [error, reason] of [
      [refused, null],
      [noProgress, 'no-progress'],
    ] as const) {
      const outcomes = after(takeFailure, { type: 'transient', error, retryAt: 70 })
      const expected = { ...troubled, ...noWait, retryAt: 70, reason, lastFailure: summarize(error, 50), attempts: 3 }
      expect(outcomes).toEqual([expected, expected])
    }
  })

  it('when to try again and why, where nothing failed; no attempt more', () => {
    const expected = { ...troubled, ...noWait, retryAt: 70, reason: 'floor' }
    expect(after(takeFailure, { type: 'deferred', reason: 'floor', retryAt: 70 })).toEqual([expected, expected])
  })

  it('P5 when to try again after a token that was refused on its way', () => {
    const expected = { ...troubled, ...noWait, retryAt: 600_000, reason: 'no-progress' }
    expect(after(takeFailure, { type: 'adopted', ...grant })).toEqual([expected, expected])
  })

  it('nothing new, if only a request is due', () => {
    expect(after(takeFailure, { type: 'due' })).toEqual([troubled, troubled])
  })
})

describe('after a fault of our own the session remembers', () => {
  const fail = (error: unknown) => ({
    ...troubled,
    ...takeFault({ context: troubled, event: { type: 'xstate.error.actor', error } }),
  })
  const noWait = { until: null, force: false, halfOpen: false }

  it('P12 to try again in half a minute', () => {
    const fault: TimedFault = { at: 1_000, error: refused }
    expect(fail(fault)).toEqual({
      ...troubled,
      ...noWait,
      retryAt: 31_000,
      lastFailure: summarize(refused, 1_000),
      attempts: 3,
    })
  })

  it('P11 nothing of an error that is not ours', () => {
    for (const error of [
      new Error('canary'),
      { at: 1_000, error: new Error('canary') },
      { error: refused },
      undefined,
    ]) {
      expect(fail(error)).toEqual({ ...troubled, ...noWait, retryAt: 30_000, lastFailure: null, attempts: 3 })
    }
  })
})

describe('after a probe that nobody answered the session remembers', () => {
  it('when the next one comes and when the block ends', () => {
    const output = { reachable: false, retryAt: 70, until: 80 }
    expect(takeProbe({ event: { type: 'xstate.done.actor', output }, context: troubled })).toEqual({
      retryAt: 70,
      until: 80,
    })
  })

  it('P12 to wait for the end of the block, if the probe itself went wrong', () => {
    expect(takeProbeFault({ event: { type: 'xstate.error.actor' }, context: troubled })).toEqual({ retryAt: 8 })
  })
})
