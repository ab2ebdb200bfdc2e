import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EvergrantError, type ErrorCode } from '../../src/errors.ts'
import { sessionStates } from '../../src/machine/session-status.ts'
import { answer, type Demand, type Standing } from '../../src/session/callers.ts'
import { accessToken } from '../../src/token.ts'
import { cases } from '../support/fuzz.ts'

const CODES: readonly ErrorCode[] = [
  'grant-revoked',
  'no-progress',
  'internal',
  'record-corrupt',
  'credentials-missing',
  'token-request-failed',
  'store-unavailable',
]

const aTime = fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constantFrom(0, Infinity))
const aDemand: fc.Arbitrary<Demand> = fc.record({ newerThan: fc.nat(3), minTtl: aTime, deadline: aTime })
const aToken = fc
  .record({ generation: fc.nat(4), issuedAt: fc.nat(500), expiresAt: fc.integer({ min: 0, max: 1_000 }) })
  .map((times) => accessToken({ value: 'invented', ...times }))
const anError = fc
  .constantFrom(...CODES)
  .map((code) => new EvergrantError(code, { message: 'm', help: 'h', details: { where: 'here' } }))
const aStanding: fc.Arbitrary<Standing> = fc.record({
  state: fc.constantFrom(...sessionStates),
  token: fc.option(aToken, { nil: null }),
  busy: fc.boolean(),
  retryAt: fc.option(aTime, { nil: null }),
  error: fc.option(anError, { nil: null }),
})
const aNow = fc.integer({ min: 0, max: 1_000 })

describe('what any caller is told', () => {
  it('P5 is a token that is new enough and lives as long as asked, an error, or to wait on', () => {
    fc.assert(
      fc.property(aDemand, aStanding, aNow, (demand, standing, now) => {
        const told = answer(demand, standing, now)
        if (told === null) return
        if ('error' in told) expect(told.error).toBeInstanceOf(EvergrantError)
        if (!('token' in told)) return
        expect(told.token).toBe(standing.token)
        expect(told.token.generation).toBeGreaterThan(demand.newerThan)
        expect(told.token.expiresAt - now).toBeGreaterThanOrEqual(demand.minTtl)
      }),
      cases(3_000),
    )
  })

  it('P6 is the token whenever there is one that will do, whatever has failed', () => {
    fc.assert(
      fc.property(aDemand, aStanding, aToken, aNow, (demand, standing, token, now) => {
        fc.pre(token.generation > demand.newerThan && token.expiresAt - now >= demand.minTtl)
        expect(answer(demand, { ...standing, token }, now)).toEqual({ token })
      }),
      cases(500),
    )
  })

  it('P12 is never to wait where nothing is to come before the deadline, once something has failed', () => {
    fc.assert(
      fc.property(aDemand, aStanding, anError, aNow, (demand, standing, error, now) => {
        const idle = { ...standing, error, busy: false }
        const told = answer(demand, idle, now)
        const soon = idle.retryAt !== null && idle.retryAt <= demand.deadline
        const working = idle.state === 'valid' || idle.state === 'refreshing'
        expect(told !== null || working || soon).toBe(true)
      }),
      cases(1_000),
    )
  })

  it('is an error of its own for each caller, with the stack of that caller', () => {
    fc.assert(
      fc.property(aDemand, aStanding, aNow, (demand, standing, now) => {
        const told = [answer(demand, standing, now), answer(demand, standing, now)]
        const errors = told.flatMap((one) => (one !== null && 'error' in one ? [one.error] : []))
        expect(new Set(errors).size).toBe(errors.length)
        expect(errors.every((error) => error !== standing.error)).toBe(true)
      }),
      cases(500),
    )
  })
})
