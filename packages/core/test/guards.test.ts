import { describe, expect, it } from 'vitest'
import type { Outcome } from '../src/exchange/outcome.ts'
import { initialContext } from '../src/machine/context.ts'
import {
  absent,
  blocked,
  blockEnded,
  broughtToken,
  condemned,
  due,
  isNewer,
  putOff,
  reached,
  refreshDue,
  rejectsPresent,
  retryDue,
  tokenDied,
} from '../src/machine/guards.ts'
import { accessToken } from '../src/token.ts'

const token = accessToken({ value: 'invented-access', generation: 4, issuedAt: 0, expiresAt: 900 })
const brought: Outcome = { type: 'granted', note: null, token, refreshAt: 600, mandatoryAt: 840 }
const time = { type: 'TIME', now: 1_000 }

describe('a guard', () => {
  const ofOutcomes = { broughtToken, due, condemned, blocked, putOff, absent, reached }
  const ofTimes = { refreshDue, retryDue, blockEnded, tokenDied }

  it.for(Object.entries(ofOutcomes))(
    'that asks for an outcome says no to an event that brings none: %s',
    ([, asks]) => {
      expect(asks({ context: initialContext, event: time })).toBe(false)
    },
  )

  it.for(Object.entries(ofTimes))('P13 that asks for a time says no where none is planned: %s', ([, asks]) => {
    expect(asks({ context: initialContext, event: time })).toBe(false)
  })

  it('P10 takes an event that names no generation for none that is newer, or refused', () => {
    const context = { ...initialContext, token, generation: 4 }
    expect([isNewer({ context, event: time }), rejectsPresent({ context, event: time })]).toEqual([false, false])
  })

  it('P5 takes a token that was refused on its way for none', () => {
    const bring = (rejected: number) =>
      broughtToken({
        context: { ...initialContext, rejected },
        event: { type: 'xstate.done.actor', output: { outcome: brought, at: 0 } } as { type: string },
      })
    expect([bring(4), bring(3)]).toEqual([false, true])
  })
})
