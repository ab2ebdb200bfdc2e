import { describe, expect, it } from 'vitest'
import { transition } from 'xstate'
import { initialContext } from '../src/machine/context.ts'
import { nextDue, type DueSnapshot } from '../src/machine/due.ts'
import { lifecycleMachine } from '../src/machine/machine.ts'
import { accessToken } from '../src/token.ts'
import { breakingSituations, situations } from './support/lifecycle-map.ts'

const token = accessToken({ value: 'invented', generation: 1, issuedAt: 0, expiresAt: 900 })
const times = { ...initialContext, refreshAt: 600, retryAt: 700, until: 800 }
const due = (value: DueSnapshot['value'], context: Partial<DueSnapshot['context']> = {}) =>
  nextDue({ value, context: { ...times, ...context } })

describe('when the machine wants to be told the time', () => {
  it.each([
    ['unauthenticated', null],
    ['refreshing', null],
    ['valid', 600],
    ['backoff', 700],
    ['revoked', 900],
  ])('in %s', (state, at) => {
    expect(due(state, { token })).toBe(at)
  })

  it('in valid at the death of the token, if that comes before its refresh', () => {
    expect(due('valid', { token, refreshAt: 1_000 })).toBe(900)
  })

  it('in expiring at the next try, and at death; but at no try while one is under way', () => {
    expect(due({ expiring: 'waiting' }, { token })).toBe(700)
    expect(due({ expiring: 'waiting' }, { token, retryAt: 950 })).toBe(900)
    expect(due({ expiring: 'requesting' }, { token })).toBe(900)
  })

  it('in blocked at the next probe, the end of the block and the death of the token, whichever is first', () => {
    expect(due({ blocked: 'resting' })).toBe(700)
    expect(due({ blocked: 'resting' }, { until: 650 })).toBe(650)
    expect(due({ blocked: 'resting' }, { retryAt: null })).toBe(800)
    expect(due({ blocked: 'resting' }, { token, retryAt: 1_000, until: 1_000 })).toBe(900)
    expect(due({ blocked: 'probing' })).toBeNull()
    expect(due({ blocked: 'probing' }, { token })).toBe(900)
  })

  it('and is told at no time twice: whatever is due changes something, or alarms would never end', () => {
    const told = situations.filter((state) => nextDue(state) !== null)
    expect(told.length).toBeGreaterThan(10)
    const stuck = breakingSituations((state) => {
      const now = nextDue(state)
      if (now === null) return true
      const [next] = transition(lifecycleMachine, state, { type: 'TIME', now })
      const later = nextDue(next)
      return later === null || later > now || next.value !== state.value
    })
    expect(stuck).toEqual([])
  })
})
