import { budgetFreeAt, longestProbeGap, nextProbe, probesBy, type Policy } from '../policy.ts'
import type { BlockReason } from '../verdict.ts'
import type { Ledger } from './record.ts'

/** How a token request ended, as far as the issuer's ledger cares; `abandoned` if nobody knows. */
export type LoginResult = 'failed-login' | 'unanswered' | 'edge' | 'answered' | 'abandoned'

export interface Block {
  readonly reason: BlockReason
  /** When it ends by itself, and when it is looked at next. On the shared line. */
  readonly until: number
  readonly retryAt: number
}

export type Admission =
  | { readonly type: 'admitted'; readonly ledger: Ledger }
  | ({ readonly type: 'blocked' } & Block)
  /** Enough requests are under way that, should all fail, the budget would be spent. */
  | { readonly type: 'crowded' }

/** A request that has not ended after this long beyond its time-out belonged to a process that is gone. */
const SLACK = 5_000

/** Ms for which a booking, and a claim on the attempt that ends a block, hold a place. */
export const bookingSpan = ({ requestTimeout }: Policy): number => requestTimeout + SLACK

/** Failed logins that are remembered, or the budget if that is more. */
const FAILURES_REMEMBERED = 20

/**
 * What still counts at `now`. Failed logins are forgotten by their number, not by their age: a process whose clock is
 * ahead would else forget them for all.
 */
export function currentLedger(policy: Policy, ledger: Ledger, now: number): Ledger {
  return {
    ...ledger,
    pending: ledger.pending.filter(({ at }) => Math.abs(now - at) < bookingSpan(policy)),
  }
}

/** The latest time that something happened at, as far as it tells; `-Infinity` if nothing did. */
export function lastTime({ failures, block }: Ledger): number {
  return Math.max(block?.since ?? Number.NEGATIVE_INFINITY, ...failures)
}

/**
 * Pulls back the times that a wrong clock has put too far ahead, or they would hold until that clock was right. Gives
 * its argument if there are none. To be written down: pulled back anew at each look, they would never pass.
 */
export function pullBack(policy: Policy, ledger: Ledger, now: number): Ledger {
  const { failures, block } = ledger
  const latestEnd = now + policy.blockDuration
  const lateFailure = failures.some((at) => at > now + SLACK)
  const lateBlock = block !== null && (block.since > now + SLACK || block.until > latestEnd + SLACK)
  const lateClaim = block !== null && (block.claim?.until ?? 0) > now + policy.requestTimeout + 2 * SLACK
  if (!lateFailure && !lateBlock && !lateClaim) return ledger
  return {
    ...ledger,
    failures: failures.map((at) => Math.min(at, now)),
    block: block && {
      ...block,
      since: Math.min(block.since, now),
      until: Math.min(block.until, latestEnd),
      claim: lateClaim ? null : block.claim,
    },
  }
}

/** The block that holds at `now` for a request that is not the half-open one; `null` if there is none. */
export function blockAt(policy: Policy, ledger: Ledger, now: number): Block | null {
  const { block } = ledger
  if (block !== null) {
    const claimed = block.claim !== null && block.claim.until > now ? block.claim.until : null
    if (now < block.until || claimed !== null) {
      // A clock that was ahead may have counted probes that nobody made.
      const probeAt = Math.min(nextProbe(policy, block.since, block.probes), now + longestProbeGap(policy))
      const retryAt = claimed ?? Math.min(block.until, probeAt)
      return { reason: block.reason, until: Math.max(block.until, claimed ?? 0), retryAt }
    }
  }
  return budgetBlock(policy, ledger, now)
}

function budgetBlock(policy: Policy, ledger: Ledger, now: number): Block | null {
  const until = budgetFreeAt(policy, recentFailures(policy, ledger, now))
  return until === null ? null : { reason: 'login-budget-spent', until, retryAt: until }
}

/** How an issuer's login budget stands (P3). */
export interface LoginBudget {
  /** Failed logins allowed within `window` ms. */
  readonly limit: number
  readonly window: number
  readonly failed: number
  readonly left: number
  /** When a spent budget has room again; `null` while it has. */
  readonly freeAt: number | null
}

/** The budget at `now`, with its time on the shared line. */
export function budgetOf(policy: Policy, ledger: Ledger, now: number): LoginBudget {
  const { loginBudget: limit, loginBudgetWindow: window } = policy
  const failures = recentFailures(policy, ledger, now)
  const failed = failures.length
  return { limit, window, failed, left: Math.max(0, limit - failed), freeAt: budgetFreeAt(policy, failures) }
}

/**
 * Books one request, so that requests at the same time cannot overspend the budget together. `id` names the account:
 * whoever asks holds its lease, so an older booking of the same account was left behind by a process that is gone.
 */
export function admit(
  policy: Policy,
  ledger: Ledger,
  request: { readonly id: string; readonly now: number; readonly halfOpen: boolean },
): Admission {
  const { id, now, halfOpen } = request
  const budget = budgetBlock(policy, ledger, now)
  if (budget !== null) return { type: 'blocked', ...budget }
  const standing = ledger.block
  const claimed = standing?.claim != null && standing.claim.until > now && standing.claim.id !== id
  if (standing !== null && !claimed && (halfOpen || now >= standing.until)) {
    const claim = { id, until: now + bookingSpan(policy) }
    return book({ ...ledger, block: { ...standing, claim } }, id, now)
  }
  const block = blockAt(policy, ledger, now)
  if (block !== null) return { type: 'blocked', ...block }
  const others = ledger.pending.filter((one) => one.id !== id)
  const atRisk = recentFailures(policy, ledger, now).length + others.length
  return atRisk >= policy.loginBudget ? { type: 'crowded' } : book(ledger, id, now)
}

/** Closes the booking with what became of it. */
export function settle(policy: Policy, ledger: Ledger, id: string, now: number, result: LoginResult): Ledger {
  const pending = ledger.pending.filter((one) => one.id !== id)
  if (result === 'abandoned') return { ...ledger, pending, block: releaseClaim(ledger.block, id) }
  const silences = result === 'unanswered' ? ledger.silences + 1 : 0
  const refusals = result === 'edge' ? ledger.refusals + 1 : 0
  const failures = result === 'failed-login' ? withFailure(policy, ledger, now) : ledger.failures
  const closed = { ...ledger, pending, silences, refusals, failures }
  const ofLate = failures.some((at) => at > now - policy.failedLoginMemory)
  const limit = ofLate ? policy.silencesAfterFailedLogin : policy.silencesAlone
  if (silences > 0 && (silences >= limit || ledger.block !== null)) {
    return { ...closed, block: renewBlock(policy, ledger.block, 'ip-block-suspected', now) }
  }
  if (refusals > 0 && (refusals >= policy.edgeRefusals || ledger.block !== null)) {
    return { ...closed, block: renewBlock(policy, ledger.block, 'edge-refused', now) }
  }
  return { ...closed, block: null }
}

/** Notes a probe that got no answer. */
export function noteSilentProbe(policy: Policy, ledger: Ledger, now: number): Ledger {
  return ledger.block === null ? ledger : { ...ledger, block: pastProbes(policy, ledger.block, now) }
}

function book(ledger: Ledger, id: string, now: number): Admission {
  const others = ledger.pending.filter((one) => one.id !== id)
  return { type: 'admitted', ledger: { ...ledger, pending: [...others, { id, at: now }] } }
}

/** In order of time: who writes may be behind the one before. */
function withFailure(policy: Policy, { failures }: Ledger, now: number): number[] {
  const remembered = Math.max(FAILURES_REMEMBERED, policy.loginBudget)
  return [...failures, now].toSorted((a, b) => a - b).slice(-remembered)
}

function recentFailures(policy: Policy, ledger: Ledger, now: number): readonly number[] {
  return ledger.failures.filter((at) => at > now - policy.loginBudgetWindow)
}

function releaseClaim(block: Ledger['block'], id: string): Ledger['block'] {
  return block?.claim?.id === id ? { ...block, claim: null } : block
}

type StoredBlock = NonNullable<Ledger['block']>

function renewBlock(policy: Policy, old: StoredBlock | null, reason: StoredBlock['reason'], now: number): StoredBlock {
  const since = old?.since ?? now
  const block = { reason, since, until: now + policy.blockDuration, probes: old?.probes ?? 0, claim: null }
  return pastProbes(policy, block, now)
}

function pastProbes(policy: Policy, block: StoredBlock, now: number): StoredBlock {
  return { ...block, probes: Math.max(block.probes, probesBy(policy, now - block.since)) }
}
