import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backoff,
  budgetFreeAt,
  createPolicy,
  defaultPolicy,
  nextProbe,
  refreshTimes,
  requestFloor,
  retryTime,
  type FailedAttempt,
  type Policy,
} from '../src/policy.ts'
import { isInvalidOptions } from '../src/errors.ts'
import type { Verdict } from '../src/verdict.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const ISSUED = Date.UTC(2026, 2, 2, 14, 30)

const least = () => 0
// Math.random() never gives 1; this is the largest double below it.
const most = () => 1 - Number.EPSILON / 2

/** When the refresh of a token begins and when its last call is, in ms after its issue. */
function times(lifetime: number, random: () => number, policy: Policy = defaultPolicy) {
  const { refreshAt, mandatoryAt } = refreshTimes(policy, ISSUED, ISSUED + lifetime, random)
  return { refreshAfter: refreshAt - ISSUED, mandatoryAfter: mandatoryAt - ISSUED }
}

describe('the default policy', () => {
  it('refreshes a token of 15 minutes between minute 9.5 and minute 10', () => {
    expect(times(15 * MINUTE, least).refreshAfter).toBe(10 * MINUTE)
    expect(times(15 * MINUTE, most).refreshAfter).toBe(9.5 * MINUTE)
  })

  it('calls last for a token of 15 minutes one minute before it dies', () => {
    expect(times(15 * MINUTE, most).mandatoryAfter).toBe(14 * MINUTE)
  })

  it('refreshes a token of 2 seconds in its last third, and calls last at a tenth', () => {
    expect(times(2 * SECOND, least)).toEqual({ refreshAfter: 1_333, mandatoryAfter: 1_800 })
    expect(times(2 * SECOND, most)).toEqual({ refreshAfter: 1_267, mandatoryAfter: 1_800 })
  })

  it('refreshes a token of 60 days at day 40 or up to two days earlier, and calls last a minute before its end', () => {
    expect(times(60 * DAY, least)).toEqual({ refreshAfter: 40 * DAY, mandatoryAfter: 60 * DAY - MINUTE })
    expect(times(60 * DAY, most).refreshAfter).toBe(38 * DAY)
  })

  it('says with each number what it is for', () => {
    expect(defaultPolicy).toEqual({
      leadFraction: 1 / 3,
      leadJitter: 0.1,
      mandatoryLead: MINUTE,
      mandatoryFraction: 0.1,
      backoffBase: SECOND,
      backoffCap: 5 * MINUTE,
      suspiciousBackoffBase: 5 * SECOND,
      misconfiguredPause: MINUTE,
      floor: 5 * SECOND,
      floorFraction: 0.25,
      requestTimeout: 15 * SECOND,
      maxWait: 30 * SECOND,
      leaseTtl: 10 * SECOND,
      leaseWait: 30 * SECOND,
      loginBudget: 3,
      loginBudgetWindow: 10 * MINUTE,
      assumedLifetime: MINUTE,
      silencesAfterFailedLogin: 3,
      silencesAlone: 6,
      failedLoginMemory: HOUR,
      edgeRefusals: 3,
      blockDuration: 8 * HOUR,
      probeAfter: [15 * MINUTE, 30 * MINUTE, HOUR],
      probeInterval: HOUR,
    })
  })

  it('lets another process wait for the lease longer than a request may take', () => {
    expect(defaultPolicy.leaseWait).toBeGreaterThan(defaultPolicy.requestTimeout)
  })
})

const aFraction = fc.double({ min: 0, max: 0.99, noNaN: true })
const aRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('refreshTimes', () => {
  it('never lie outside the life of the token, whatever the shares, and always on a whole ms', () => {
    const lifetimes = fc.integer({ min: 0, max: 400 * DAY })
    const shares = fc.record({ leadFraction: aFraction, leadJitter: aFraction, mandatoryFraction: aFraction })
    fc.assert(
      fc.property(lifetimes, shares, aRandom, (lifetime, changes, value) => {
        const { refreshAfter, mandatoryAfter } = times(lifetime, () => value, createPolicy(changes))
        for (const time of [refreshAfter, mandatoryAfter]) {
          expect(Number.isInteger(time)).toBe(true)
          expect(time).toBeGreaterThanOrEqual(0)
          expect(time).toBeLessThanOrEqual(lifetime)
        }
      }),
    )
  })

  it('by default begin within the last 33 to 37 per cent of the lifetime, before the last call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 400 * DAY }), aRandom, (lifetime, value) => {
        const { refreshAfter, mandatoryAfter } = times(lifetime, () => value)
        expect(refreshAfter).toBeLessThanOrEqual(Math.ceil((lifetime * 2) / 3))
        expect(refreshAfter).toBeGreaterThanOrEqual(Math.floor(lifetime * (2 / 3 - 1 / 30)))
        expect(mandatoryAfter).toBeGreaterThan(refreshAfter)
      }),
    )
  })

  it('jitter moves the refresh earlier, never later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * DAY }), aRandom, aRandom, (lifetime, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(times(lifetime, () => high).refreshAfter).toBeLessThanOrEqual(times(lifetime, () => low).refreshAfter)
      }),
    )
  })

  it('take a token that was dead on arrival for one of no lifetime', () => {
    expect(refreshTimes(defaultPolicy, ISSUED, ISSUED - 5, most)).toEqual({
      refreshAt: ISSUED - 5,
      mandatoryAt: ISSUED - 5,
    })
  })
})

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

describe('requestFloor', () => {
  it.for([
    ['no token yet: none', null, 0],
    ['15 minutes: five seconds', 15 * MINUTE, 5 * SECOND],
    ['20 seconds: five seconds, just so', 20 * SECOND, 5 * SECOND],
    ['2 seconds: half a second, so that the token is renewed in time', 2 * SECOND, 500],
    ['60 days: five seconds', 60 * DAY, 5 * SECOND],
  ] as const)('P13 after a lifetime of %s', ([, lifetime, floor]) => {
    expect(requestFloor(defaultPolicy, lifetime)).toBe(floor)
  })

  it('P13 leaves room to renew each token before it dies', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * DAY }), aRandom, (lifetime, value) => {
        expect(requestFloor(defaultPolicy, lifetime)).toBeLessThanOrEqual(times(lifetime, () => value).refreshAfter + 1)
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

describe('createPolicy', () => {
  it('gives the defaults with the changes, and changes no default', () => {
    const policy = createPolicy({ floor: 0, probeAfter: [] })
    expect(policy).toEqual({ ...defaultPolicy, floor: 0, probeAfter: [] })
    expect(defaultPolicy.floor).toBe(5 * SECOND)
    expect(createPolicy()).toEqual(defaultPolicy)
  })

  it.for<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['a setting that there is not', { backofBase: 1 }, 'policy.backofBase'],
    ['a negative time', { floor: -1 }, 'policy.floor'],
    ['no number', { floor: Number.NaN }, 'policy.floor'],
    ['for ever', { maxWait: Number.POSITIVE_INFINITY }, 'policy.maxWait'],
    ['a text', { requestTimeout: '15s' }, 'policy.requestTimeout'],
    ['nothing', { requestTimeout: undefined }, 'policy.requestTimeout'],
    ['null', { requestTimeout: null }, 'policy.requestTimeout'],
    ['a list for a time', { floor: [1] }, 'policy.floor'],
    ['a share of one', { leadFraction: 1 }, 'policy.leadFraction'],
    ['a jitter above one', { leadJitter: 1.5 }, 'policy.leadJitter'],
    ['a share of one for the last call', { mandatoryFraction: 1 }, 'policy.mandatoryFraction'],
    ['a share of one for the floor', { floorFraction: 1 }, 'policy.floorFraction'],
    ['a budget of none', { loginBudget: 0 }, 'policy.loginBudget'],
    ['half a failure', { loginBudget: 2.5 }, 'policy.loginBudget'],
    ['no silences', { silencesAlone: 0 }, 'policy.silencesAlone'],
    ['no silences after a failed login', { silencesAfterFailedLogin: 0 }, 'policy.silencesAfterFailedLogin'],
    ['no refusals', { edgeRefusals: 0.5 }, 'policy.edgeRefusals'],
    ['a probe in the past', { probeAfter: [1, -1] }, 'policy.probeAfter'],
    ['a probe at no time', { probeAfter: ['soon'] }, 'policy.probeAfter'],
  ])('rejects %s', ([, changes, option]) => {
    expect(() => createPolicy(changes)).toThrow(
      expect.toSatisfy((error: unknown) => isInvalidOptions(error) && error.details.option === option && error.help !== ''),
    )
  })
})
