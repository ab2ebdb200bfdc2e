import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInvalidOptions } from '../../src/errors.ts'
import {
  backoff,
  budgetFreeAt,
  createPolicy,
  defaultPolicy,
  LONGEST_RETRY_AFTER,
  nextProbe,
  refreshTimes,
  requestFloor,
  retryTime,
} from '../../src/policy.ts'
import type { Verdict } from '../../src/verdict.ts'
import { aChance, aMoment, aPolicy } from '../support/any-policy.ts'
import { cases } from '../support/fuzz.ts'

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 2 ** 31, 1e308))

const aVerdict: fc.Arbitrary<Verdict | undefined> = fc.oneof(
  fc.constantFrom<Verdict | undefined>(
    undefined,
    { kind: 'revoked', reason: 'grant-revoked' },
    { kind: 'suspicious' },
    { kind: 'edge' },
    { kind: 'unanswered' },
    { kind: 'misconfigured' },
    { kind: 'transient' },
  ),
  // What a provider of somebody's own may say.
  anyNumber.map((retryAfter): Verdict => ({ kind: 'transient', retryAfter })),
)

describe('the times of any policy', () => {
  it('P9 the next try is never in the past, never NaN, and at most a day or the longest pause away', () => {
    const attempts = fc.oneof(fc.integer({ min: -5, max: 60 }), fc.integer())
    const mandatory = fc.option(fc.integer({ min: -1e9, max: 1e9 }))
    fc.assert(
      fc.property(
        aPolicy,
        aVerdict,
        aMoment,
        attempts,
        mandatory,
        aChance,
        (policy, verdict, now, count, ahead, dice) => {
          const mandatoryAt = ahead === null ? null : now + ahead
          const at = retryTime(policy, { verdict, now, attempts: count, mandatoryAt, random: () => dice })
          expect(at).toBeGreaterThanOrEqual(now)
          expect(at - now).toBeLessThanOrEqual(
            Math.max(LONGEST_RETRY_AFTER, policy.backoffCap, policy.misconfiguredPause) + 1,
          )
        },
      ),
      cases(2_000),
    )
  })

  it('P9 Retry-After is honoured, up to a day, whatever the schedule says', () => {
    const wait = fc.double({ min: 0, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(aPolicy, wait, aMoment, fc.integer(), aMoment, aChance, (policy, asked, now, count, soon, dice) => {
        const verdict = { kind: 'transient', retryAfter: asked } as const
        const at = retryTime(policy, { verdict, now, attempts: count, mandatoryAt: soon, random: () => dice })
        // Sums of epoch ms and a fraction are cut to what a double holds.
        expect(at - now).toBeGreaterThanOrEqual(Math.min(asked, LONGEST_RETRY_AFTER) - 0.001)
      }),
      cases(1_000),
    )
  })

  it('P9 the last call of a token is not slept through for a failure that is only transient', () => {
    fc.assert(
      fc.property(
        aPolicy,
        aMoment,
        fc.integer({ min: 1, max: 1e6 }),
        fc.nat(60),
        aChance,
        (policy, now, ahead, count, dice) => {
          const mandatoryAt = now + ahead
          const failed = {
            verdict: { kind: 'transient' } as const,
            now,
            attempts: count,
            mandatoryAt,
            random: () => dice,
          }
          expect(retryTime(policy, failed)).toBeLessThanOrEqual(mandatoryAt)
        },
      ),
      cases(500),
    )
  })

  it('a pause grows with the failures, up to its cap, and is a whole number of ms', () => {
    fc.assert(
      fc.property(aPolicy, fc.integer(), aChance, (policy, attempts, dice) => {
        const pause = backoff(policy, attempts, () => dice)
        expect(Number.isInteger(pause)).toBe(true)
        expect(pause).toBeGreaterThanOrEqual(0)
        expect(pause).toBeLessThanOrEqual(Math.ceil(policy.backoffCap))
        expect(backoff(policy, attempts + 1, () => dice)).toBeGreaterThanOrEqual(pause)
      }),
      cases(1_000),
    )
  })

  it('a refresh is due within the life of its token, and P13 the floor between requests never exceeds it', () => {
    const lifetime = fc.oneof(fc.integer({ min: -1e9, max: 4e10 }), fc.double({ min: 0, max: 5_000, noNaN: true }))
    fc.assert(
      fc.property(aPolicy, aMoment, lifetime, aChance, (policy, issuedAt, lives, dice) => {
        const expiresAt = issuedAt + lives
        const { refreshAt, mandatoryAt } = refreshTimes(policy, issuedAt, expiresAt, () => dice)
        for (const at of [refreshAt, mandatoryAt]) {
          expect(at).toBeGreaterThanOrEqual(Math.min(issuedAt, Math.floor(expiresAt)))
          expect(at).toBeLessThanOrEqual(Math.ceil(expiresAt))
        }
        const floor = requestFloor(policy, Math.max(0, lives))
        expect(floor).toBeGreaterThanOrEqual(0)
        expect(floor).toBeLessThanOrEqual(Math.min(policy.floor, Math.max(0, lives)))
      }),
      cases(1_000),
    )
  })

  it('P4 each probe comes after the one before it, and after the beginning of the block', () => {
    fc.assert(
      fc.property(aPolicy, aMoment, fc.nat(10_000), (policy, since, probes) => {
        expect(nextProbe(policy, since, probes)).toBeGreaterThanOrEqual(since)
        expect(nextProbe(policy, since, probes + 1) - nextProbe(policy, since, probes)).toBeGreaterThan(0)
      }),
      cases(1_000),
    )
  })

  it('P3 a budget is free again one window after the failure that decides, and no later', () => {
    const times = fc.array(aMoment, { maxLength: 30 }).map((all) => all.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(aPolicy, times, (policy, failures) => {
        const freeAt = budgetFreeAt(policy, failures)
        expect(freeAt === null).toBe(failures.length < policy.loginBudget)
        if (freeAt === null) return
        const counted = failures.filter((at) => at + policy.loginBudgetWindow > freeAt)
        expect(counted.length).toBeLessThan(policy.loginBudget)
        expect(failures.map((at) => at + policy.loginBudgetWindow)).toContain(freeAt)
      }),
      cases(500),
    )
  })
})

describe('createPolicy', () => {
  it('takes any object without harm: a policy without NaN, or invalid-options', () => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(defaultPolicy)), fc.string())
    const values = fc.oneof(anyNumber, fc.array(anyNumber), fc.anything())
    fc.assert(
      fc.property(fc.dictionary(names, values, { maxKeys: 4 }), (changes) => {
        try {
          const policy = createPolicy(changes)
          expect(Object.keys(policy)).toEqual(Object.keys(defaultPolicy))
          expect(
            Object.values(policy)
              .flat()
              .every((value) => Number.isFinite(value) && value >= 0),
          ).toBe(true)
        } catch (error) {
          expect(isInvalidOptions(error)).toBe(true)
        }
      }),
      cases(1_000),
    )
  })
})
