import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  admit,
  blockAt,
  currentLedger,
  noteSilentProbe,
  settle,
  type Admission,
  type LoginResult,
} from '../src/ledger.ts'
import { createPolicy, defaultPolicy } from '../src/policy.ts'
import { emptyLedger, type Ledger } from '../src/record.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 2, 2, 14, 30)
/** After this long a request that has not ended belongs to nobody. */
const FORGOTTEN = defaultPolicy.requestTimeout + 5 * SECOND

const policy = defaultPolicy

function admitted(admission: Admission): Ledger {
  if (admission.type !== 'admitted') throw new Error(`not admitted: ${admission.type}`)
  return admission.ledger
}

const ask = (ledger: Ledger, id: string, now: number, halfOpen = false) => admit(policy, ledger, { id, now, halfOpen })
const book = (ledger: Ledger, id: string, now: number, halfOpen = false) => admitted(ask(ledger, id, now, halfOpen))

/** One request from booking to end, at one moment. */
function attempt(ledger: Ledger, id: string, now: number, result: LoginResult): Ledger {
  return settle(policy, book(ledger, id, now), id, now, result)
}

/** So many requests in a row with this end, each by another account. */
function attempts(count: number, result: LoginResult, now = NOW, ledger = emptyLedger()): Ledger {
  let after = ledger
  for (let index = 0; index < count; index += 1) after = attempt(after, `account-${index}`, now, result)
  return after
}

/** An address block that began at `NOW`. */
const blocked = () => attempts(policy.silencesAlone, 'unanswered')

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

describe('silence', () => {
  it('P4 six time-outs in a row are taken for an address block of eight hours', () => {
    const almost = attempts(5, 'unanswered')
    expect(almost.block).toBeNull()
    const ledger = attempt(almost, 'a', NOW, 'unanswered')
    expect(blockAt(policy, ledger, NOW)).toEqual({
      reason: 'ip-block-suspected',
      until: NOW + 8 * HOUR,
      retryAt: NOW + 15 * MINUTE,
    })
  })

  it('P4 three are enough after a failed login of the last hour', () => {
    const failed = attempts(1, 'failed-login')
    const later = currentLedger(policy, failed, NOW + HOUR - 1)
    expect(attempts(2, 'unanswered', NOW + HOUR - 1, later).block).toBeNull()
    expect(attempts(3, 'unanswered', NOW + HOUR - 1, later).block?.reason).toBe('ip-block-suspected')
    const longAfter = currentLedger(policy, failed, NOW + HOUR)
    expect(attempts(5, 'unanswered', NOW + HOUR, longAfter).block).toBeNull()
  })

  it.for(['answered', 'failed-login', 'edge'] as const)('an end as %s breaks the row', (result) => {
    const ledger = attempt(attempts(2, 'unanswered'), 'a', NOW, result)
    expect(attempts(2, 'unanswered', NOW, ledger).block).toBeNull()
  })

  it('P4 nobody is admitted while the block lasts, and anybody after', () => {
    expect(ask(blocked(), 'a', NOW + 8 * HOUR - 1)).toMatchObject({ type: 'blocked', reason: 'ip-block-suspected' })
    expect(ask(blocked(), 'a', NOW + 8 * HOUR).type).toBe('admitted')
  })

  it('an answer to a request that was under way ends it', () => {
    const ledger = settle(policy, { ...blocked(), pending: [{ id: 'a', at: NOW }] }, 'a', NOW + SECOND, 'answered')
    expect(blockAt(policy, ledger, NOW + SECOND)).toBeNull()
  })
})

describe('refusals by the edge', () => {
  it('P4 three in a row are taken for a block', () => {
    expect(attempts(2, 'edge').block).toBeNull()
    expect(blockAt(policy, attempts(3, 'edge'), NOW)).toEqual({
      reason: 'edge-refused',
      until: NOW + 8 * HOUR,
      retryAt: NOW + 15 * MINUTE,
    })
  })

  it('P3 are no failed logins', () => {
    expect(attempts(3, 'edge').failures).toEqual([])
  })

  it.for(['answered', 'failed-login', 'unanswered'] as const)('an end as %s breaks the row', (result) => {
    const ledger = attempt(attempts(2, 'edge'), 'a', NOW, result)
    expect(attempts(2, 'edge', NOW, ledger).block).toBeNull()
  })
})

describe('the half-open attempt', () => {
  const PROBED = NOW + 15 * MINUTE
  const claimed = () => book(blocked(), 'a', PROBED, true)

  it('P4 is one for all: who comes next waits until it has ended', () => {
    const retryAt = PROBED + FORGOTTEN
    for (const halfOpen of [true, false]) {
      expect(ask(claimed(), 'b', PROBED, halfOpen)).toEqual({
        type: 'blocked',
        reason: 'ip-block-suspected',
        until: NOW + 8 * HOUR,
        retryAt,
      })
    }
  })

  it('P4 is one for all at the end of the block too', () => {
    const end = NOW + 8 * HOUR
    const ledger = book(blocked(), 'a', end)
    const waits = { type: 'blocked', reason: 'ip-block-suspected', until: end + FORGOTTEN, retryAt: end + FORGOTTEN }
    expect(ask(ledger, 'b', end)).toEqual(waits)
    expect(ask(ledger, 'b', end, true)).toEqual(waits)
  })

  it('falls to the next if its process is gone', () => {
    expect(ask(claimed(), 'b', PROBED + FORGOTTEN - 1, true).type).toBe('blocked')
    expect(ask(claimed(), 'b', PROBED + FORGOTTEN, true).type).toBe('admitted')
  })

  it('falls to the next if it was given up', () => {
    const ledger = settle(policy, claimed(), 'a', PROBED, 'abandoned')
    expect(ask(ledger, 'b', PROBED, true).type).toBe('admitted')
    expect(ask(ledger, 'b', PROBED, false).type).toBe('blocked')
  })

  it('a request of somebody else that was given up does not free it', () => {
    const ledger = { ...claimed(), pending: [{ id: 'z', at: PROBED }] }
    expect(ask(settle(policy, ledger, 'z', PROBED, 'abandoned'), 'b', PROBED, true).type).toBe('blocked')
  })

  it.for(['answered', 'failed-login'] as const)('an end as %s ends the block', (result) => {
    const ledger = settle(policy, claimed(), 'a', PROBED, result)
    expect(ledger.block).toBeNull()
    expect(ledger.failures).toHaveLength(result === 'failed-login' ? 1 : 0)
  })

  it('P4 one more silence renews the block at once, and the probes go on where they were', () => {
    const ledger = settle(policy, claimed(), 'a', PROBED, 'unanswered')
    expect(blockAt(policy, ledger, PROBED)).toEqual({
      reason: 'ip-block-suspected',
      until: PROBED + 8 * HOUR,
      retryAt: NOW + 30 * MINUTE,
    })
  })

  it('P4 one more refusal by the edge renews it too, and says so', () => {
    const ledger = settle(policy, claimed(), 'a', PROBED, 'edge')
    expect(blockAt(policy, ledger, PROBED)).toMatchObject({ reason: 'edge-refused', until: PROBED + 8 * HOUR })
  })
})

describe('probes', () => {
  const retryAfter = (ledger: Ledger, now: number) => (blockAt(policy, ledger, now)?.retryAt ?? 0) - NOW

  it('P4 without an answer come at 15, 30 and 60 minutes, then hourly', () => {
    let ledger = blocked()
    const times = [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR]
    for (const [index, time] of times.entries()) {
      expect(retryAfter(ledger, NOW)).toBe(time)
      ledger = noteSilentProbe(policy, ledger, NOW + time)
      expect(ledger.block?.probes).toBe(index + 1)
    }
  })

  it('the last lies at the end of the block', () => {
    const late = noteSilentProbe(policy, blocked(), NOW + 7.5 * HOUR)
    expect(retryAfter(late, NOW + 7.5 * HOUR)).toBe(8 * HOUR)
  })

  it('those that were slept through are left out', () => {
    const ledger = noteSilentProbe(policy, blocked(), NOW + 2.5 * HOUR)
    expect(retryAfter(ledger, NOW + 2.5 * HOUR)).toBe(3 * HOUR)
  })

  it('several at one time count once', () => {
    const once = noteSilentProbe(policy, blocked(), NOW + 15 * MINUTE)
    expect(noteSilentProbe(policy, once, NOW + 15 * MINUTE)).toEqual(once)
  })

  it('without a block change nothing', () => {
    const ledger = emptyLedger()
    expect(noteSilentProbe(policy, ledger, NOW)).toBe(ledger)
  })
})

describe('what still counts', () => {
  it('forgets failed logins after an hour', () => {
    const ledger = attempts(2, 'failed-login')
    expect(currentLedger(policy, ledger, NOW + HOUR - 1).failures).toEqual([NOW, NOW])
    expect(currentLedger(policy, ledger, NOW + HOUR).failures).toEqual([])
  })

  it('remembers failed logins for as long as the budget, if that is longer', () => {
    const slow = createPolicy({ loginBudgetWindow: 5 * HOUR })
    expect(currentLedger(slow, attempts(2, 'failed-login'), NOW + 5 * HOUR - 1).failures).toHaveLength(2)
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

  it('P15 makes failed logins last no longer than their window', () => {
    const then = NOW - DAY
    const ledger = currentLedger(policy, attempts(3, 'failed-login'), then)
    expect(ledger.failures).toEqual([then, then, then])
    expect(blockAt(policy, ledger, then)?.until).toBe(then + 10 * MINUTE)
  })

  it('P15 makes no block last longer than its duration', () => {
    const then = NOW - DAY
    const block = blockAt(policy, currentLedger(policy, blocked(), then), then)
    expect(block?.until).toBe(then + 8 * HOUR)
    expect(block?.retryAt).toBeLessThanOrEqual(then + 8 * HOUR)
  })

  it('P15 leaves no booking open for ever', () => {
    const ledger = book(emptyLedger(), 'a', NOW)
    expect(currentLedger(policy, ledger, NOW - FORGOTTEN).pending).toEqual([])
    expect(currentLedger(policy, ledger, NOW - FORGOTTEN + 1).pending).toHaveLength(1)
  })
})
