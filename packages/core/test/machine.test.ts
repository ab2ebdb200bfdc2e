import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { getShortestPaths } from 'xstate/graph'
import { initialContext } from '../src/machine/context.ts'
import { lifecycleMachine } from '../src/machine/machine.ts'
import { exchangeInput } from '../src/machine/updates.ts'
import { isEndOf, kindOf, placeOf, situationOf, TIMES } from './support/lifecycle-events.ts'
import {
  breaking,
  breakingSituations,
  exploration,
  pathsToSpending,
  show,
  situations,
  SPENDING,
  steps,
  type Step,
} from './support/lifecycle-map.ts'

const PLACES = [
  'unauthenticated',
  'refreshing',
  'valid',
  'expiring.requesting',
  'expiring.waiting',
  'backoff',
  'blocked.resting',
  'blocked.probing',
  'revoked',
] as const

const isNewer = ({ state, event }: Step) =>
  event.type === 'ADOPTED' && event.token.generation > state.context.generation
const isForced = ({ event }: Step) => event.type === 'REFRESH' && event.force

describe('the machine', () => {
  it('can come to every state, within five steps, and to no other', { timeout: 60_000 }, () => {
    const lengths = new Map<string, number>()
    for (const { state, steps: path } of getShortestPaths(lifecycleMachine, exploration)) {
      const known = lengths.get(placeOf(state)) ?? Infinity
      lengths.set(placeOf(state), Math.min(known, path.length - 1))
    }
    expect(new Set(lengths.keys())).toEqual(new Set(PLACES))
    expect(Math.max(...lengths.values())).toBeLessThanOrEqual(5)
  })

  it('is explored to its last transition', () => {
    const all = Object.values(lifecycleMachine.root.states).flatMap((state) => [state, ...Object.values(state.states)])
    const transitions = [lifecycleMachine.root, ...all].flatMap((state) => [...state.transitions.values()].flat())
    const taken = new Set(steps.flatMap(({ state, event }) => lifecycleMachine.getTransitionData(state, event)))
    const untaken = transitions.filter((transition) => !taken.has(transition))
    expect(transitions.length).toBeGreaterThan(50)
    expect(untaken.map(({ source, eventType, guard }) => [source.id, eventType, guard])).toEqual([])
  })

  it('begins with nothing, and asks for nothing', () => {
    const [first] = situations
    expect(first?.value).toBe('unauthenticated')
    expect(first?.context).toEqual(initialContext)
  })
})

describe('revoked', () => {
  it('P2 spends nothing until credentials change, a person asks or a newer token is adopted', () => {
    const excused = (step: Step) =>
      step.event.type === 'CREDENTIALS' || isForced(step) || isNewer(step) || step.event.type === 'SIGN_OUT'
    expect(pathsToSpending('revoked', (step) => !excused(step))).toEqual([])
  })

  it('P2 is left by nothing else', () => {
    const leaving = steps.filter(({ state, next }) => placeOf(state) === 'revoked' && placeOf(next) !== 'revoked')
    expect(new Set(leaving.map(({ event }) => kindOf(event)))).toEqual(
      new Set(['CREDENTIALS', 'REFRESH', 'ADOPTED', 'SIGN_OUT']),
    )
    expect(leaving.filter((step) => step.event.type === 'REFRESH' && !isForced(step)).map(show)).toEqual([])
    expect(leaving.filter((step) => step.event.type === 'ADOPTED' && !isNewer(step)).map(show)).toEqual([])
  })

  it('P2 plans no retry, not even once its token is refused', () => {
    expect(breakingSituations((state) => placeOf(state) !== 'revoked' || state.context.retryAt === null)).toEqual([])
  })

  it('wakes on new credentials, and on a person', () => {
    const woken = steps.filter(
      (step) => placeOf(step.state) === 'revoked' && (step.event.type === 'CREDENTIALS' || isForced(step)),
    )
    expect(woken.length).toBeGreaterThan(0)
    expect(woken.filter(({ next }) => !SPENDING.includes(placeOf(next))).map(show)).toEqual([])
  })
})

describe('blocked', () => {
  const endsBlock = ({ state, event }: Step) =>
    isEndOf(event, 'reachable') ||
    event.type === 'UNBLOCKED' ||
    // While a probe is under way its end is waited for.
    (event.type === 'TIME' && placeOf(state) === 'blocked.resting' && event.now >= (state.context.until ?? Infinity))

  it('P4 spends nothing until a probe is answered, the block ends, or the store or a sibling knows better', () => {
    const excused = (step: Step) => endsBlock(step) || isNewer(step) || step.event.type === 'SIGN_OUT'
    expect(pathsToSpending('blocked', (step) => !excused(step))).toEqual([])
  })

  it('P4 is not left by a person, nor by new credentials', () => {
    const kept = steps.filter(
      ({ state, event }) => placeOf(state).startsWith('blocked') && /REFRESH|CREDENTIALS/.test(event.type),
    )
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.filter(({ next }) => !placeOf(next).startsWith('blocked')).map(show)).toEqual([])
  })

  it('P4 ends with one half-open attempt, unless the store says that the block is gone', () => {
    const ended = steps.filter((step) => placeOf(step.state).startsWith('blocked') && endsBlock(step))
    expect(ended.length).toBeGreaterThan(0)
    expect(ended.filter(({ next }) => !SPENDING.includes(placeOf(next))).map(show)).toEqual([])
    expect(ended.filter(({ event, next }) => next.context.halfOpen !== (event.type !== 'UNBLOCKED')).map(show)).toEqual(
      [],
    )
  })

  it('P4 a refused token moves neither a probe nor the end of the block', () => {
    const refused = steps.filter(
      (step) => placeOf(step.state).startsWith('blocked') && step.event.type === 'REJECTED' && step.event.retryAt,
    )
    expect(refused.some(({ state, next }) => state.context.token !== next.context.token)).toBe(true)
    const moved = refused.filter(
      ({ state, next }) => next.context.retryAt !== state.context.retryAt || next.context.until !== state.context.until,
    )
    expect(moved.map(show)).toEqual([])
  })

  it('probes in between', () => {
    const probing = steps.filter(
      ({ state, next }) => placeOf(state) === 'blocked.resting' && placeOf(next) === 'blocked.probing',
    )
    expect(new Set(probing.map(({ event }) => event.type))).toEqual(new Set(['TIME']))
  })
})

describe('a look at the store that ends late', () => {
  it('changes nothing once the session has moved on', () => {
    const late = ({ state, event }: Step) => event.type === 'CONSULTED' && placeOf(state) !== 'unauthenticated'
    expect(steps.some(late)).toBe(true)
    expect(breaking((step) => !late(step) || situationOf(step.next) === situationOf(step.state))).toEqual([])
  })
})

describe('signing out', () => {
  it('P14 is possible everywhere, and leaves nothing but the count of generations', () => {
    const out = steps.filter(({ event }) => event.type === 'SIGN_OUT')
    expect(out).toHaveLength(situations.length)
    for (const { state, next } of out) {
      expect(placeOf(next)).toBe('unauthenticated')
      const { generation } = state.context
      expect(next.context).toEqual({ ...initialContext, generation, reason: 'signed-out' })
    }
  })

  it('P14 nothing but a look at the store, an adopted token or new credentials leads on', () => {
    const onward = steps.filter(
      ({ state, next }) => placeOf(state) === 'unauthenticated' && placeOf(next) !== 'unauthenticated',
    )
    const kinds = new Set(onward.map(({ event }) => event.type))
    expect(kinds).toEqual(new Set(['CONSULTED', 'ADOPTED', 'CREDENTIALS']))
  })
})

describe('the token', () => {
  it('is there in valid and expiring, and in no state that has to fetch one', () => {
    const must = /^(valid|expiring)/
    const mustNot = /^(unauthenticated|refreshing|backoff)/
    expect(breakingSituations((state) => !must.test(placeOf(state)) || state.context.token !== null)).toEqual([])
    expect(breakingSituations((state) => !mustNot.test(placeOf(state)) || state.context.token === null)).toEqual([])
  })

  it('P5 is dropped by the time of its death, in every state', () => {
    expect(
      breaking(
        ({ event, next }) => event.type !== 'TIME' || event.now < TIMES.expiresAt || next.context.token === null,
      ),
    ).toEqual([])
  })

  it('P5 is dropped when the server refuses it, in every state', () => {
    const refused = ({ state, event }: Step) =>
      event.type === 'REJECTED' && event.generation === state.context.token?.generation
    expect(steps.some(refused)).toBe(true)
    expect(breaking((step) => !refused(step) || step.next.context.token === null)).toEqual([])
    expect(breaking((step) => !refused(step) || step.next.context.rejected === step.state.context.generation)).toEqual(
      [],
    )
  })

  it('P10 a refusal of another generation changes nothing, in any state', () => {
    const late = ({ state, event }: Step) =>
      event.type === 'REJECTED' && event.generation !== state.context.token?.generation
    expect(steps.some(late)).toBe(true)
    expect(breaking((step) => !late(step) || situationOf(step.next) === situationOf(step.state))).toEqual([])
  })

  it('P6 lives on while renewing it fails, unless the account has no credentials any more', () => {
    const failed = ({ state, event }: Step) =>
      placeOf(state) === 'expiring.requesting' && isEndOf(event, 'failed') && !isEndOf(event, 'absent')
    expect(steps.some(failed)).toBe(true)
    expect(breaking((step) => !failed(step) || step.next.context.token === step.state.context.token)).toEqual([])
  })

  it('P8 an older or equal generation is never adopted over a live one', () => {
    const older = (step: Step) => step.event.type === 'ADOPTED' && !isNewer(step) && step.state.context.token !== null
    expect(steps.some(older)).toBe(true)
    expect(breaking((step) => !older(step) || situationOf(step.next) === situationOf(step.state))).toEqual([])
  })

  it('grows by generations and never goes back', () => {
    expect(breaking(({ state, next }) => next.context.generation >= state.context.generation)).toEqual([])
  })

  it('P11 is nowhere in what the machine shows', () => {
    const shown = situations.map((state) => inspect(state.context, { depth: Infinity, showHidden: true }))
    expect(shown.filter((text) => /access-\d/.test(text))).toEqual([])
    expect(JSON.stringify(situations)).not.toMatch(/access-\d/)
  })
})

describe('what is to come', () => {
  it('P12 every waiting state has a time at which it goes on', () => {
    const waits = /^(backoff|expiring\.waiting|blocked\.resting)$/
    expect(breakingSituations((state) => !waits.test(placeOf(state)) || state.context.retryAt !== null)).toEqual([])
    expect(
      breakingSituations((state) => !placeOf(state).startsWith('blocked') || state.context.until !== null),
    ).toEqual([])
    expect(breakingSituations((state) => placeOf(state) !== 'valid' || state.context.refreshAt !== null)).toEqual([])
  })

  it('P12 a wait ends with a request at its time', () => {
    const due = ({ state, event }: Step) =>
      /^(backoff|expiring\.waiting)$/.test(placeOf(state)) &&
      event.type === 'TIME' &&
      event.now >= (state.context.retryAt ?? Infinity) &&
      (state.context.token === null || event.now < TIMES.expiresAt)
    expect(steps.some(due)).toBe(true)
    expect(breaking((step) => !due(step) || SPENDING.includes(placeOf(step.next)))).toEqual([])
  })

  it('P13 a wait is not cut short by a caller, nor by time that has not come', () => {
    const early = ({ state, event }: Step) =>
      /^(backoff|expiring\.waiting)$/.test(placeOf(state)) &&
      ((event.type === 'REFRESH' && !event.force) ||
        (event.type === 'TIME' && event.now < (state.context.retryAt ?? 0) && event.now < TIMES.expiresAt))
    expect(steps.some(early)).toBe(true)
    expect(breaking((step) => !early(step) || placeOf(step.next) === placeOf(step.state))).toEqual([])
  })

  it('P13 a second token refused at once is answered by a wait', () => {
    const again = ({ state, event }: Step) =>
      placeOf(state) === 'valid' &&
      event.type === 'REJECTED' &&
      event.generation === state.context.generation &&
      event.retryAt !== null
    expect(steps.some(again)).toBe(true)
    expect(breaking((step) => !again(step) || placeOf(step.next) === 'backoff')).toEqual([])
  })

  it('P9 what is transient ends in a wait, never in revoked', () => {
    const transient = ({ event }: Step) => isEndOf(event, 'transient') || isEndOf(event, 'deferred')
    expect(steps.some(transient)).toBe(true)
    expect(breaking((step) => !transient(step) || /backoff|waiting/.test(placeOf(step.next)))).toEqual([])
  })

  it('a leave to force, or to try half-open, is used up by one exchange', () => {
    const exchanged = ({ state, event }: Step) =>
      SPENDING.includes(placeOf(state)) && /^xstate\.(done|error)/.test(event.type)
    expect(steps.some(exchanged)).toBe(true)
    expect(breaking((step) => !exchanged(step) || (!step.next.context.force && !step.next.context.halfOpen))).toEqual(
      [],
    )
    expect(breakingSituations((state) => !state.context.halfOpen || SPENDING.includes(placeOf(state)))).toEqual([])
  })

  it('P2 new credentials inherit no leave to force', () => {
    const renewed = ({ state, event }: Step) => event.type === 'CREDENTIALS' && !placeOf(state).startsWith('blocked')
    expect(breaking((step) => !renewed(step) || (!step.next.context.force && !step.next.context.halfOpen))).toEqual([])
  })

  it('what an exchange is asked says what the session has and wants', () => {
    const spending = situations.filter((state) => SPENDING.includes(placeOf(state)))
    for (const state of spending) {
      const { token, generation, rejected, force, halfOpen, attempts, mandatoryAt } = state.context
      expect(exchangeInput(state.context)).toEqual({
        have: generation,
        rejected,
        force,
        halfOpen,
        attempts,
        mandatoryAt: token === null ? null : mandatoryAt,
      })
    }
  })
})
