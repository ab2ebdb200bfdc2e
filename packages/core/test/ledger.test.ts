import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPolicy } from '../src/policy.ts'
import { admit, blockAt, currentLedger, pullBack, settle } from '../src/records/ledger.ts'
import { emptyLedger, type Ledger } from '../src/records/record.ts'
import {
  ask,
  attempt,
  attempts,
  blocked,
  book,
  FORGOTTEN,
  HOUR,
  MINUTE,
  NOW,
  policy,
} from './support/ledger-requests.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

describe('the login budget', () => {
  it('P3 three failed logins, by whomever, spend it until the first is ten minutes old', () => {
    let ledger = emptyLedger()
    for (const [index, account] of ['a', 'b', 'c'].entries()) {
      expect(blockAt(policy, ledger, NOW + index * MINUTE)).toBeNull()
      ledger = attempt(ledger, account, NOW + index * MINUTE, 'failed-login')
    }
    const until = NOW + 10 * MINUTE
    const block = { reason: 'login-budget-spent', until, retryAt: until }
    expect(blockAt(policy, ledger, NOW + 2 * MINUTE)).toEqual(block)
    expect(ask(ledger, 'd', until - 1)).toEqual({ type: 'blocked', ...block })
    expect(ask(ledger, 'd', until).type).toBe('admitted')
  })

  it('P3 holds for the half-open attempt of a session that had to wait for it', () => {
    const ledger = attempts(3, 'failed-login')
    expect(ask(ledger, 'd', NOW, true).type).toBe('blocked')
  })

  it('P3 an answer in between does not give it back', () => {
    const ledger = attempt(attempts(2, 'failed-login'), 'c', NOW, 'answered')
    expect(blockAt(policy, ledger, NOW)).toBeNull()
    expect(blockAt(policy, attempt(ledger, 'd', NOW, 'failed-login'), NOW)).not.toBeNull()
  })

  it('P3 requests at the same time cannot overspend it together', () => {
    let ledger = emptyLedger()
    for (const id of ['a', 'b', 'c']) ledger = book(ledger, id, NOW)
    expect(ask(ledger, 'd', NOW)).toEqual({ type: 'crowded' })
    expect(ask(settle(policy, ledger, 'b', NOW, 'answered'), 'd', NOW).type).toBe('admitted')
    expect(ask(settle(policy, ledger, 'b', NOW, 'failed-login'), 'd', NOW)).toEqual({ type: 'crowded' })
  })

  it('P3 counts what failed and what may fail together', () => {
    const ledger = book(attempts(2, 'failed-login'), 'c', NOW)
    expect(ask(ledger, 'd', NOW)).toEqual({ type: 'crowded' })
    expect(ask(ledger, 'd', NOW + policy.loginBudgetWindow).type).toBe('admitted')
  })

  it('P1 an older booking of the same account, left behind by a process that is gone, is in nobody’s way', () => {
    let ledger = emptyLedger()
    for (const id of ['a', 'b', 'c']) ledger = book(ledger, id, NOW)
    const again = book(ledger, 'b', NOW + 1)
    expect(again.pending.filter(({ id }) => id === 'b')).toEqual([{ id: 'b', at: NOW + 1 }])
    expect(ask(again, 'd', NOW + 1)).toEqual({ type: 'crowded' })
  })

  it('P3 never lets more logins fail in a window than it allows, however requests overlap', () => {
    const steps = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 3 * MINUTE }),
        account: fc.integer({ min: 0, max: 9 }),
        fails: fc.boolean(),
      }),
      { maxLength: 120 },
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (moves, loginBudget) => {
        // A request here may take as long as it likes, so the time-out is out of the way.
        const strict = createPolicy({ loginBudget, requestTimeout: 100 * HOUR })
        let ledger = emptyLedger()
        let now = NOW
        const open = new Set<string>()
        const failures: number[] = []
        for (const { wait, account, fails } of moves) {
          now += wait
          ledger = currentLedger(strict, ledger, now)
          const id = `account-${account}`
          if (open.delete(id)) {
            ledger = settle(strict, ledger, id, now, fails ? 'failed-login' : 'answered')
            if (fails) failures.push(now)
            continue
          }
          const admission = admit(strict, ledger, { id, now, halfOpen: false })
          if (admission.type !== 'admitted') continue
          ledger = admission.ledger
          open.add(id)
        }
        for (const end of failures) {
          const within = failures.filter((at) => at > end - strict.loginBudgetWindow && at <= end)
          expect(within.length).toBeLessThanOrEqual(loginBudget)
        }
      }),
    )
  })

  it('changes no ledger that it is given', () => {
    const ledger = Object.freeze({ ...emptyLedger(), failures: Object.freeze([NOW]) as number[] })
    const before = structuredClone(ledger)
    settle(policy, book(ledger, 'a', NOW), 'a', NOW, 'failed-login')
    currentLedger(policy, ledger, NOW + HOUR)
    expect(ledger).toEqual(before)
  })
})

describe('an end that nobody knows', () => {
  it('gives the booking back and counts for nothing', () => {
    const before = attempts(2, 'failed-login')
    expect(settle(policy, book(before, 'c', NOW), 'c', NOW, 'abandoned')).toEqual(before)
  })

  it('does not end a row of silences', () => {
    const before = attempts(policy.silencesAlone - 1, 'unanswered')
    const after = attempt(attempt(before, 'a', NOW, 'abandoned'), 'a', NOW, 'unanswered')
    expect(after.block?.reason).toBe('ip-block-suspected')
  })

  it('closes its own booking only', () => {
    const ledger = settle(policy, book(book(emptyLedger(), 'a', NOW), 'b', NOW), 'a', NOW, 'abandoned')
    expect(ledger.pending).toEqual([{ id: 'b', at: NOW }])
  })
})

describe('what still counts', () => {
  it('P3 forgets failed logins by their number alone, since the clock of whoever looks may be ahead', () => {
    expect(currentLedger(policy, attempts(2, 'failed-login'), NOW + 24 * HOUR).failures).toEqual([NOW, NOW])
    const afterThirty = (loginBudget: number) => {
      const some = createPolicy({ loginBudget })
      let ledger = emptyLedger()
      for (let one = 1; one <= 30; one += 1) ledger = settle(some, ledger, 'a', NOW + one, 'failed-login')
      return ledger.failures
    }
    expect(afterThirty(3)).toEqual(Array.from({ length: 20 }, (_, one) => NOW + 11 + one))
    expect(afterThirty(25)).toHaveLength(25)
  })

  it('P3 keeps failed logins in order of time, whoever writes', () => {
    const ahead = settle(policy, emptyLedger(), 'a', NOW + 1_000, 'failed-login')
    expect(settle(policy, ahead, 'b', NOW, 'failed-login').failures).toEqual([NOW, NOW + 1_000])
  })

  it('P3 forgets bookings of processes that are gone', () => {
    let ledger = emptyLedger()
    for (const id of ['a', 'b', 'c']) ledger = book(ledger, id, NOW)
    const still = currentLedger(policy, ledger, NOW + FORGOTTEN - 1)
    expect(ask(still, 'd', NOW + FORGOTTEN - 1)).toEqual({ type: 'crowded' })
    const gone = currentLedger(policy, ledger, NOW + FORGOTTEN)
    expect(gone.pending).toEqual([])
    expect(ask(gone, 'd', NOW + FORGOTTEN).type).toBe('admitted')
  })

  it('keeps the rest', () => {
    const ledger = attempts(2, 'edge')
    expect(currentLedger(policy, ledger, NOW + HOUR)).toEqual(ledger)
  })
})

describe('a clock that is set back', () => {
  const DAY = 24 * HOUR
  /** What lies ahead by no more than this is put down to clocks that differ a little. */
  const SLACK = 5_000
  const LATEST_CLAIM = NOW + FORGOTTEN + SLACK
  const block = { reason: 'edge-refused', since: NOW - MINUTE, until: NOW + HOUR, probes: 0, claim: null } as const

  it('P15 makes failed logins last no longer than their window', () => {
    const then = NOW - DAY
    const ledger = pullBack(policy, attempts(3, 'failed-login'), then)
    expect(ledger.failures).toEqual([then, then, then])
    expect(blockAt(policy, ledger, then)?.until).toBe(then + 10 * MINUTE)
  })

  it('P15 makes no block last longer than its duration', () => {
    const then = NOW - DAY
    const block = blockAt(policy, pullBack(policy, blocked(), then), then)
    expect(block?.until).toBe(then + 8 * HOUR)
    expect(block?.retryAt).toBeLessThanOrEqual(then + 8 * HOUR)
  })

  it('P15 leaves no booking open for ever', () => {
    const ledger = book(emptyLedger(), 'a', NOW)
    expect(currentLedger(policy, ledger, NOW - FORGOTTEN).pending).toEqual([])
    expect(currentLedger(policy, ledger, NOW - FORGOTTEN + 1).pending).toHaveLength(1)
  })

  it.for([
    ['a failed login', () => ({ failures: [NOW - MINUTE, NOW + SLACK] })],
    ['the beginning of a block', () => ({ block: { ...block, since: NOW + SLACK } })],
    ['the end of a block', () => ({ block: { ...block, until: NOW + 8 * HOUR + SLACK } })],
    ['the claim of an attempt', () => ({ block: { ...block, claim: { id: 'a', until: LATEST_CLAIM } } })],
  ] as const)('P15 leaves alone %s that is as far ahead as clocks may differ', ([, changes]) => {
    const ledger: Ledger = { ...emptyLedger(), ...changes() }
    expect(pullBack(policy, ledger, NOW)).toBe(ledger)
  })

  it('P15 pulls back what is further ahead, and nothing else', () => {
    const pulled = (changes: Partial<Ledger>) => pullBack(policy, { ...emptyLedger(), ...changes }, NOW)
    expect(pulled({ failures: [NOW - MINUTE, NOW + SLACK + 1], block })).toEqual({
      ...emptyLedger(),
      failures: [NOW - MINUTE, NOW],
      block,
    })
    expect(pulled({ block: { ...block, since: NOW + SLACK + 1 } }).block).toEqual({ ...block, since: NOW })
    expect(pulled({ block: { ...block, until: NOW + 8 * HOUR + SLACK + 1 } }).block).toEqual({
      ...block,
      until: NOW + 8 * HOUR,
    })
    const claim = { id: 'a', until: LATEST_CLAIM + 1 }
    expect(pulled({ block: { ...block, claim } }).block).toEqual(block)
  })
})
