import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backoff,
  budgetFreeAt,
  createPolicy,
  defaultPolicy,
  nextProbe,
  retryTime,
  type FailedAttempt,
} from '../src/policy.ts'
import type { Verdict } from '../src/verdict.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const ISSUED = Date.UTC(2026, 2, 2, 14, 30)

const least = () => 0
// Math.random() never gives 1; this is the largest double below it.
const most = () => 1 - Number.EPSILON / 2
const aRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('backoff', () => {
  const upTo = (attempts: number) => backoff(defaultPolicy, attempts, most)

  it('doubles from one second to five minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(upTo)).toEqual(
      [1, 2, 4, 8, 16, 32, 64, 128, 256].map((seconds) => seconds * SECOND),
    )
    expect([10, 11, 30].map(upTo)).toEqual([5 * MINUTE, 5 * MINUTE, 5 * MINUTE])
  })

  it('does not overflow after months of failures', () => {
    expect([31, 32, 64, 1_024, 1e6, Number.MAX_SAFE_INTEGER].map(upTo)).toEqual(Array(6).fill(5 * MINUTE))
    const patient = createPolicy({ backoffCap: Number.MAX_VALUE })
    expect(backoff(patient, 1e9, most)).toBe(SECOND * 2 ** 30)
  })

  it('has full jitter: anything from nothing to the limit', () => {
    expect(backoff(defaultPolicy, 9, least)).toBe(0)
    expect(backoff(defaultPolicy, 9, () => 0.5)).toBe(128 * SECOND)
  })

  it('counts a count below one as the first', () => {
    expect([upTo(0), upTo(-5)]).toEqual([SECOND, SECOND])
  })

  it('begins at the base that it is given', () => {
    expect(backoff(defaultPolicy, 2, most, 5 * SECOND)).toBe(10 * SECOND)
  })

  it('stays whole, not negative and below the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 1e9 }), aRandom, (attempts, value) => {
        const pause = backoff(defaultPolicy, attempts, () => value)
        expect(Number.isInteger(pause)).toBe(true)
        expect(pause).toBeGreaterThanOrEqual(0)
        expect(pause).toBeLessThanOrEqual(defaultPolicy.backoffCap)
      }),
    )
  })
})

describe('nextProbe', () => {
  const after = (probes: number) => nextProbe(defaultPolicy, ISSUED, probes) - ISSUED

  it('P4 probes at 15, 30 and 60 minutes, then hourly', () => {
    expect([0, 1, 2, 3, 4, 5].map(after)).toEqual([15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR])
  })

  it('probes at the interval alone if nothing is planned', () => {
    const policy = createPolicy({ probeAfter: [], probeInterval: 10 * MINUTE })
    expect([0, 1, 2].map((probes) => nextProbe(policy, 0, probes))).toEqual([10, 20, 30].map((n) => n * MINUTE))
  })

  it('is always later than the one before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), (probes) => {
        expect(after(probes + 1)).toBeGreaterThan(after(probes))
      }),
    )
  })
})

describe('budgetFreeAt', () => {
  it.for([
    ['nothing failed', [], null],
    ['two failures leave room for a third', [0, MINUTE], null],
    ['three spend the budget until the first is ten minutes old', [0, MINUTE, 2 * MINUTE], 10 * MINUTE],
    ['of more than three the third last decides', [0, MINUTE, 2 * MINUTE, 3 * MINUTE], 11 * MINUTE],
  ] as const)('P3 %s', ([, failures, at]) => {
    expect(budgetFreeAt(defaultPolicy, failures)).toBe(at)
  })

  it('P3 allows no more failures in any window than the budget', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { maxLength: 40 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 5 }), (waits, loginBudget) => {
        const policy = createPolicy({ loginBudget })
        const failures: number[] = []
        let now = ISSUED
        for (const wait of waits) {
          now += wait
          const recent = failures.filter((at) => at > now - policy.loginBudgetWindow)
          const freeAt = budgetFreeAt(policy, recent)
          if (freeAt === null) failures.push(now)
          else expect(freeAt).toBeGreaterThan(now)
        }
        for (const end of failures) {
          const within = failures.filter((at) => at > end - policy.loginBudgetWindow && at <= end)
          expect(within.length).toBeLessThanOrEqual(loginBudget)
        }
      }),
    )
  })
})

describe('retryTime', () => {
  const retry = (verdict: Verdict | undefined, more: Partial<FailedAttempt> = {}) =>
    retryTime(defaultPolicy, { verdict, now: ISSUED, attempts: 1, mandatoryAt: null, random: most, ...more }) - ISSUED

  it('backs off without a verdict', () => {
    expect(retry(undefined, { attempts: 3 })).toBe(4 * SECOND)
  })

  it.for(['edge', 'unanswered', 'transient'] as const)('backs off from one second for %s', (kind) => {
    expect([1, 2, 3].map((attempts) => retry({ kind }, { attempts }))).toEqual([SECOND, 2 * SECOND, 4 * SECOND])
  })

  it('begins slower for a refusal that the server may count as a failed login', () => {
    expect(retry({ kind: 'suspicious' })).toBe(5 * SECOND)
    expect(retry({ kind: 'suspicious' }, { attempts: 2 })).toBe(10 * SECOND)
  })

  it('waits a minute for a fault of configuration, whatever the jitter and the last call', () => {
    expect(retry({ kind: 'misconfigured' }, { random: least })).toBe(MINUTE)
    expect(retry({ kind: 'misconfigured' }, { mandatoryAt: ISSUED + 10 })).toBe(MINUTE)
  })

  it('P9 honours Retry-After, also above the cap and past the last call', () => {
    expect(retry({ kind: 'transient', retryAfter: 2 * HOUR })).toBe(2 * HOUR)
    expect(retry({ kind: 'transient', retryAfter: 90 * SECOND }, { mandatoryAt: ISSUED + SECOND })).toBe(90 * SECOND)
  })

  it('P13 a Retry-After of nothing does not make a loop', () => {
    expect(retry({ kind: 'transient', retryAfter: 0 }, { attempts: 4 })).toBe(8 * SECOND)
  })

  it('P6 tries once more at the last call, whatever the backoff says', () => {
    const late = { attempts: 10, mandatoryAt: ISSUED + 20 * SECOND }
    expect(retry({ kind: 'transient' }, late)).toBe(20 * SECOND)
    expect(retry({ kind: 'unanswered' }, late)).toBe(20 * SECOND)
    expect(retry({ kind: 'transient' }, { ...late, attempts: 1 })).toBe(SECOND)
  })

  it('P13 a last call that has passed makes no loop', () => {
    expect(retry({ kind: 'transient' }, { attempts: 4, mandatoryAt: ISSUED })).toBe(8 * SECOND)
    expect(retry({ kind: 'transient' }, { attempts: 4, mandatoryAt: ISSUED - HOUR })).toBe(8 * SECOND)
  })
})

describe('a Retry-After that cannot be meant', () => {
  const failed = (retryAfter: number): FailedAttempt => ({
    verdict: { kind: 'transient', retryAfter },
    now: 0,
    attempts: 1,
    mandatoryAt: null,
    random: () => 0.5,
  })

  it.each([Number.NaN, -5])('P12 %s is as none', (retryAfter) => {
    expect(retryTime(defaultPolicy, failed(retryAfter))).toBe(500)
  })

  it('P12 a month is a day', () => {
    expect(retryTime(defaultPolicy, failed(30 * 86_400_000))).toBe(86_400_000)
  })
})
