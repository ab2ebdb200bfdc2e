import fc from 'fast-check'
import { createPolicy, type Policy } from '../../src/policy.ts'

const MONTH = 30 * 24 * 60 * 60_000

const aTime = fc.oneof(fc.integer({ min: 0, max: MONTH }), fc.double({ min: 0, max: MONTH, noNaN: true }))
const aDuration = fc.oneof(fc.integer({ min: 1, max: MONTH }), fc.double({ min: 0.01, max: MONTH, noNaN: true }))
const aShare = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const aCount = fc.integer({ min: 1, max: 20 })

const someChanges: fc.Arbitrary<Partial<Policy>> = fc.record(
  {
    leadFraction: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    leadJitter: aShare,
    mandatoryLead: aTime,
    mandatoryFraction: aShare,
    backoffBase: aDuration,
    backoffCap: aDuration,
    suspiciousBackoffBase: aDuration,
    misconfiguredPause: aDuration,
    floor: aTime,
    floorFraction: aShare,
    requestTimeout: aDuration,
    loginBudget: aCount,
    loginBudgetWindow: aDuration,
    silencesAfterFailedLogin: aCount,
    silencesAlone: aCount,
    failedLoginMemory: aTime,
    edgeRefusals: aCount,
    blockDuration: aDuration,
    probeInterval: aDuration,
    probeAfter: fc
      .uniqueArray(fc.integer({ min: 1, max: MONTH }), { maxLength: 5 })
      .map((times) => times.toSorted((a, b) => a - b)),
  },
  { requiredKeys: [] },
)

/** Any policy that `createPolicy` accepts, with times of up to a month. */
export const aPolicy: fc.Arbitrary<Policy> = someChanges.map((changes) => createPolicy(changes))

/** What a source of chance gives: from 0 to below 1. */
export const aChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** A moment in this century, epoch ms. */
export const aMoment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) })
