import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultPolicy, type Policy } from '../../src/policy.ts'
import {
  admit,
  blockAt,
  currentLedger,
  noteSilentProbe,
  pullBack,
  settle,
  type LoginResult,
} from '../../src/records/ledger.ts'
import { emptyLedger, parseLedger, type Ledger } from '../../src/records/record.ts'
import { aMoment, aPolicy } from '../support/any-policy.ts'
import { cases } from '../support/fuzz.ts'

const RESULTS: readonly LoginResult[] = ['failed-login', 'unanswered', 'edge', 'answered', 'abandoned']

/** One account asks, its request ends, or a probe is not answered; some time after the step before. */
interface Step {
  readonly wait: number
  readonly id: string
  readonly does: LoginResult | 'ask' | 'ask half-open' | 'silent probe'
}

const aStep: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 * 3_600_000 }) },
  ),
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  does: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ask' as const) },
    { weight: 3, arbitrary: fc.constant('failed-login' as const) },
    { weight: 3, arbitrary: fc.constantFrom('ask half-open' as const, 'silent probe' as const, ...RESULTS) },
  ),
})
const aStory = fc.array(aStep, { maxLength: 60, size: 'max' })

interface Chapter {
  readonly policy: Policy
  readonly step: Step
  readonly now: number
  readonly before: Ledger
  readonly after: Ledger
  readonly admitted: boolean
  /** Times of all failed logins so far. */
  readonly failures: readonly number[]
}

/** Plays a story; only a request that was admitted, and has not ended, can end. */
function play(policy: Policy, story: readonly Step[], tell: (chapter: Chapter) => void): void {
  const failures: number[] = []
  const under = new Map<string, number>()
  let stored = emptyLedger()
  let now = Date.UTC(2026, 2, 2, 14, 30)
  for (const step of story) {
    now += step.wait
    // A request ends by its time-out, or its process is gone.
    for (const [id, at] of under) if (now - at > policy.requestTimeout) under.delete(id)
    const before = currentLedger(policy, pullBack(policy, stored, now), now)
    let admitted = false
    let after = before
    if (step.does === 'ask' || step.does === 'ask half-open') {
      const admission = admit(policy, before, { id: step.id, now, halfOpen: step.does === 'ask half-open' })
      admitted = admission.type === 'admitted'
      if (admission.type === 'admitted') {
        after = admission.ledger
        under.set(step.id, now)
      }
    } else if (step.does === 'silent probe') {
      after = noteSilentProbe(policy, before, now)
    } else if (under.delete(step.id)) {
      after = settle(policy, before, step.id, now, step.does)
      if (step.does === 'failed-login') failures.push(now)
    }
    tell({ policy, step, now, before, after, admitted, failures })
    stored = parseLedger('issuer/any', JSON.parse(JSON.stringify(after)))
  }
}

function always(count: number, policies: fc.Arbitrary<Policy>, rule: (chapter: Chapter) => void): void {
  fc.assert(
    fc.property(policies, aStory, (policy, story) => play(policy, story, rule)),
    cases(count),
  )
}

describe('any history of logins', () => {
  it('P3 never has more failed logins within one window than the budget, whatever the policy', () => {
    const some = fc.integer({ min: 1, max: 5 }).map((loginBudget) => ({ ...defaultPolicy, loginBudget }))
    always(300, fc.oneof(some, aPolicy), ({ policy, now, failures }) => {
      const within = failures.filter((at) => at > now - policy.loginBudgetWindow)
      expect(within.length).toBeLessThanOrEqual(policy.loginBudget)
    })
  })

  it('P4 admits nothing while a block holds but the one half-open request', () => {
    always(300, aPolicy, ({ policy, step, now, before, admitted }) => {
      const block = blockAt(policy, before, now)
      if (!admitted || block === null) return
      // Also the account that made the half-open request and was left without its end.
      const owns = before.block?.claim?.id === step.id
      expect(step.does === 'ask half-open' || (owns && now >= (before.block?.until ?? Infinity))).toBe(true)
      const claim = before.block?.claim
      expect(claim != null && claim.until > now && !owns).toBe(false)
    })
  })

  it('P12 a block always has an end and a time to look again, and is over by its end', () => {
    always(300, aPolicy, ({ policy, now, after }) => {
      const block = blockAt(policy, after, now)
      if (block === null) return
      expect(Number.isFinite(block.until)).toBe(true)
      expect(block.until).toBeGreaterThan(now)
      expect(block.until - now).toBeLessThanOrEqual(
        Math.max(policy.blockDuration, policy.requestTimeout + 5_000, policy.loginBudgetWindow) + 1,
      )
      expect(block.retryAt).toBeLessThanOrEqual(block.until)
      const later = currentLedger(policy, after, block.until)
      const then = blockAt(policy, later, block.until)
      // A spent budget may come to light behind it.
      if (then !== null) expect(then.reason).toBe('login-budget-spent')
    })
  })

  it('a request is booked once, and its end closes the booking', () => {
    always(200, aPolicy, ({ step, after, admitted }) => {
      const own = after.pending.filter(({ id }) => id === step.id)
      if (admitted) expect(own).toHaveLength(1)
      expect(own.length).toBeLessThanOrEqual(1)
    })
  })

  it('an answer ends the block and the silence before it', () => {
    fc.assert(
      fc.property(aPolicy, aStory, (policy, story) => {
        let last = emptyLedger()
        let time = 0
        play(policy, story, ({ after, now }) => {
          last = after
          time = now
        })
        const answered = settle(policy, last, 'a', time, 'answered')
        expect([answered.block, answered.silences, answered.refusals]).toEqual([null, 0, 0])
      }),
      cases(300),
    )
  })
})

const aCount = fc.integer({ min: -1e9, max: 1e9 })
const aTime = fc.oneof(
  aMoment,
  fc.integer(),
  fc.double({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, noNaN: true }),
)
const aStoredLedger: fc.Arbitrary<Ledger> = fc.record({
  version: fc.constant(1 as const),
  failures: fc.array(aTime, { maxLength: 8 }),
  pending: fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), at: aTime }), { maxLength: 4 }),
  silences: aCount,
  refusals: aCount,
  clockOffset: fc.constant(null),
  block: fc.option(
    fc.record({
      reason: fc.constantFrom('ip-block-suspected' as const, 'edge-refused' as const),
      since: aTime,
      until: aTime,
      probes: aCount,
      claim: fc.option(fc.record({ id: fc.constantFrom('a', 'b', 'c'), until: aTime }), { nil: null }),
    }),
    { nil: null },
  ),
})

describe('any ledger that a store may hold', () => {
  it('P12 P15 is pulled back to what can be, once, and then lets everybody in again within its bounds', () => {
    fc.assert(
      fc.property(aPolicy, aStoredLedger, aMoment, (policy, stored, now) => {
        const pulled = pullBack(policy, stored, now)
        expect(pullBack(policy, pulled, now)).toBe(pulled)
        const block = blockAt(policy, currentLedger(policy, pulled, now), now)
        const longest = Math.max(policy.blockDuration, policy.requestTimeout, policy.loginBudgetWindow) + 20_000
        if (block !== null) expect(block.until).toBeLessThanOrEqual(now + longest)
        const free = now + 2 * longest
        expect(blockAt(policy, currentLedger(policy, pulled, free), free)).toBeNull()
      }),
      cases(1_000),
    )
  })

  it('P12 takes every step without hanging, and stays one that can be read', () => {
    const steps = fc.constantFrom(...RESULTS, 'silent probe', 'ask')
    fc.assert(
      fc.property(aPolicy, aStoredLedger, aMoment, steps, (policy, stored, now, step) => {
        const ledger = currentLedger(policy, pullBack(policy, stored, now), now)
        let after = ledger
        if (step === 'ask') {
          const admission = admit(policy, ledger, { id: 'a', now, halfOpen: true })
          if (admission.type === 'admitted') after = admission.ledger
        } else {
          after =
            step === 'silent probe' ? noteSilentProbe(policy, ledger, now) : settle(policy, ledger, 'a', now, step)
        }
        expect(parseLedger('issuer/any', JSON.parse(JSON.stringify(after)))).toEqual(JSON.parse(JSON.stringify(after)))
        const block = blockAt(policy, after, now)
        if (block !== null) expect(Number.isFinite(block.retryAt)).toBe(true)
      }),
      cases(1_000),
    )
  })
})
