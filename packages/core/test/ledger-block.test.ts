import { describe, expect, it } from 'vitest'
import { nextProbe } from '../src/policy.ts'
import { admit, blockAt, currentLedger, noteSilentProbe, settle } from '../src/records/ledger.ts'
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

  it('P4 holds to its last ms, and no longer', () => {
    expect(blockAt(policy, blocked(), NOW + 8 * HOUR - 1)).not.toBeNull()
    expect(blockAt(policy, blocked(), NOW + 8 * HOUR)).toBeNull()
    expect(blockAt(policy, blocked(), NOW + 9 * HOUR)).toBeNull()
  })

  it('an answer to a request that was under way ends it', () => {
    const ledger = settle(policy, { ...blocked(), pending: [{ id: 'a', at: NOW }] }, 'a', NOW + 1_000, 'answered')
    expect(blockAt(policy, ledger, NOW + 1_000)).toBeNull()
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

  it('is waited for no longer than it may last', () => {
    const next = { reason: 'ip-block-suspected', until: NOW + 8 * HOUR, retryAt: NOW + 15 * MINUTE }
    expect(blockAt(policy, claimed(), PROBED + FORGOTTEN - 1)).toEqual({ ...next, retryAt: PROBED + FORGOTTEN })
    expect(blockAt(policy, claimed(), PROBED + FORGOTTEN)).toEqual(next)
  })

  it('given up by an account that has no claim changes none', () => {
    const ledger = book(attempts(3, 'edge'), 'a', NOW + 8 * HOUR)
    const unclaimed = { ...ledger, block: ledger.block && { ...ledger.block, claim: null } }
    expect(settle(policy, unclaimed, 'a', NOW, 'abandoned').block).toEqual(unclaimed.block)
  })

  it('falls to the next if its process is gone', () => {
    expect(ask(claimed(), 'b', PROBED + FORGOTTEN - 1, true).type).toBe('blocked')
    expect(ask(claimed(), 'b', PROBED + FORGOTTEN, true).type).toBe('admitted')
  })

  it('falls back to the account that has claimed it, whose process is gone', () => {
    expect(ask(claimed(), 'a', PROBED + 1, true).type).toBe('admitted')
    expect(ask(claimed(), 'a', PROBED + 1, false).type).toBe('blocked')
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
    const ended = PROBED + 5 * MINUTE
    const ledger = settle(policy, claimed(), 'a', ended, 'unanswered')
    expect(blockAt(policy, ledger, ended)).toEqual({
      reason: 'ip-block-suspected',
      until: ended + 8 * HOUR,
      retryAt: NOW + 30 * MINUTE,
    })
  })

  it('P4 one silence is enough to renew a block by the edge', () => {
    const ledger = settle(policy, book(attempts(3, 'edge'), 'a', PROBED, true), 'a', PROBED, 'unanswered')
    expect(blockAt(policy, ledger, PROBED)).toMatchObject({ reason: 'ip-block-suspected', until: PROBED + 8 * HOUR })
  })

  it('P4 one more refusal by the edge renews it too, and says so', () => {
    const ledger = settle(policy, claimed(), 'a', PROBED, 'edge')
    expect(blockAt(policy, ledger, PROBED)).toMatchObject({ reason: 'edge-refused', until: PROBED + 8 * HOUR })
  })
})

describe('probes', () => {
  it.for([NOW - 1_000 * HOUR, Number.MIN_SAFE_INTEGER])(
    'P12 go on in one step, however long ago the block began: %s',
    (since) => {
      const { block } = noteSilentProbe(policy, { ...blocked(), block: { ...blocked().block!, since } }, NOW)
      const next = nextProbe(policy, since, block?.probes ?? 0)
      expect(next).toBeGreaterThan(NOW)
      expect(next).toBeLessThanOrEqual(NOW + policy.probeInterval)
    },
  )

  const retryAfter = (ledger: Ledger, now: number) => (blockAt(policy, ledger, now)?.retryAt ?? 0) - NOW

  it('P4 without an answer come at 15, 30 and 60 minutes, then hourly', () => {
    let ledger = blocked()
    let now = NOW
    const times = [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR]
    for (const [index, time] of times.entries()) {
      expect(retryAfter(ledger, now)).toBe(time)
      now = NOW + time
      ledger = noteSilentProbe(policy, ledger, now)
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

describe('the half-open attempt', () => {
  it('P4 is not freed for another by a probe that nobody answers', () => {
    const at = NOW + 15 * MINUTE
    const admission = admit(policy, blocked(), { id: 'one', now: at, halfOpen: true })
    if (admission.type !== 'admitted') throw new Error('not admitted')
    const probed = noteSilentProbe(policy, admission.ledger, at + 1)
    expect(admit(policy, probed, { id: 'two', now: at + 2, halfOpen: true }).type).toBe('blocked')
  })

  it('P3 stays within the budget of failed logins', () => {
    const slow = { ...policy, loginBudgetWindow: HOUR }
    const ledger = { ...blocked(), failures: [NOW, NOW, NOW] }
    const request = { id: 'one', now: NOW + 15 * MINUTE, halfOpen: true }
    expect(admit(slow, ledger, request)).toMatchObject({ type: 'blocked', reason: 'login-budget-spent' })
  })

  it('P12 is probed within the longest gap of the plan, however many probes a clock that was ahead has counted', () => {
    const ahead = noteSilentProbe(policy, blocked(), NOW + 5 * HOUR)
    const seen = blockAt(policy, ahead, NOW + MINUTE)
    expect(seen?.retryAt).toBe(NOW + MINUTE + HOUR)
    const patient = { ...policy, probeAfter: [MINUTE, 4 * HOUR], probeInterval: HOUR }
    expect(blockAt(patient, ahead, NOW + MINUTE)?.retryAt).toBe(NOW + MINUTE + 4 * HOUR - MINUTE)
  })
})
