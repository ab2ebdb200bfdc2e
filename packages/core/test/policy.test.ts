import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInvalidOptions } from '../src/errors.ts'
import { createPolicy, defaultPolicy, refreshTimes, requestFloor, type Policy } from '../src/policy.ts'

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
      reauthenticationLead: 24 * HOUR,
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

/** Pauses that would else be loops, and bounds that would let nothing through. */
const MORE_THAN_NOTHING = [
  'leadFraction',
  'backoffBase',
  'backoffCap',
  'suspiciousBackoffBase',
  'misconfiguredPause',
  'requestTimeout',
  'leaseTtl',
  'leaseWait',
  'loginBudgetWindow',
  'assumedLifetime',
  'blockDuration',
  'probeInterval',
] as const satisfies readonly (keyof Policy)[]

describe('createPolicy', () => {
  it('gives the defaults with the changes, and changes no default', () => {
    const policy = createPolicy({ floor: 0, probeAfter: [] })
    expect(policy).toEqual({ ...defaultPolicy, floor: 0, probeAfter: [] })
    expect(defaultPolicy.floor).toBe(5 * SECOND)
  })

  it('gives the very same object to all who change nothing', () => {
    expect(createPolicy()).toBe(defaultPolicy)
    expect(createPolicy({})).toBe(defaultPolicy)
  })

  it('P4 takes probe times in rising order', () => {
    expect(createPolicy({ probeAfter: [1, 2, 5] }).probeAfter).toEqual([1, 2, 5])
  })

  it.for(MORE_THAN_NOTHING)('P12 P13 rejects a %s of nothing', (name) => {
    expect(() => createPolicy({ [name]: 0 })).toThrow(expect.toSatisfy(isInvalidOptions))
  })

  it('names the settings that there are', () => {
    expect(() => createPolicy({ ['backofBase' as 'backoffBase']: 1 })).toThrow(
      expect.toSatisfy(({ help }: { help: string }) => help.includes(Object.keys(defaultPolicy).join(', '))),
    )
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
    ['a probe interval of nothing, which would be a loop', { probeInterval: 0 }, 'policy.probeInterval'],
    ['a pause of nothing', { backoffBase: 0 }, 'policy.backoffBase'],
    ['probe times that are no list', { probeAfter: 5 }, 'policy.probeAfter'],
    ['probe times out of order', { probeAfter: [2, 1] }, 'policy.probeAfter'],
    ['a name that every object has', { toString: 1 }, 'policy.toString'],
    ['a constructor', { constructor: 1 }, 'policy.constructor'],
    ['nothing for a policy', null as never, 'policy'],
    ['a number for a policy', 5 as never, 'policy'],
    ['two probes at one time', { probeAfter: [1, 1] }, 'policy.probeAfter'],
    ['a probe at no time', { probeAfter: ['soon'] }, 'policy.probeAfter'],
  ])('rejects %s', ([, changes, option]) => {
    expect(() => createPolicy(changes)).toThrow(
      expect.toSatisfy(
        (error: unknown) => isInvalidOptions(error) && error.details.option === option && error.help !== '',
      ),
    )
  })
})
