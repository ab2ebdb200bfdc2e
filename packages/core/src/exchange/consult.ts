import { LONGEST_RETRY_AFTER, requestFloor } from '../policy.ts'
import { deathOf } from '../records/dead-credentials.ts'
import { blockAt } from '../records/ledger.ts'
import type { GrantRecord } from '../records/record.ts'
import { accessToken } from '../token.ts'
import { blockedOutcome, localBlock } from './blocked-outcome.ts'
import { accountError, missingError } from './condition-error.ts'
import { loginDeadline, renewalTimes } from './login-deadline.ts'
import type { Outcome, TokenGrant } from './outcome.ts'
import type { View, ViewPorts } from './view.ts'

/** What a session has and wants when it asks. */
export interface ExchangeRequest {
  /** Generation of the token that the session has, or had last. */
  readonly have: number
  /** Generation that a server has refused; 0 if none. */
  readonly rejected: number
  /** A person asked: what is known dead is tried again, and no cool-down holds. */
  readonly force: boolean
  /** The one attempt that ends a block, after a probe or at its deadline. */
  readonly halfOpen: boolean
  /** Failed attempts so far. */
  readonly attempts: number
  /** When the present token's last call is; `null` without one. Epoch ms on the session's line. */
  readonly mandatoryAt: number | null
}

export interface ConsultPorts extends ViewPorts {
  readonly random: () => number
}

/** A token issued later than now by more than this was dated by a clock that does not agree with ours. */
const CLOCK_DISAGREEMENT = 60_000

/**
 * Decides from what is known whether a credential may be spent, before anything is sent. Adoption comes first: a token
 * that is there is never made to wait for a block or a budget.
 */
export function consult(ports: ConsultPorts, view: View, request: ExchangeRequest): Outcome {
  const { timeline, policy } = ports
  const record = view.grant.value
  const now = timeline.now()
  if (record.signedOut && !request.force) {
    return {
      type: 'absent',
      reason: 'signed-out',
      error: accountError(ports, 'signed-out'),
    }
  }
  const adopted = adoptable(ports, record, request)
  if (adopted !== null) return { type: 'adopted', ...adopted }
  if (view.credentials === null) {
    const error = missingError(ports, ports.sources.sought)
    return { type: 'absent', reason: 'credentials-missing', error }
  }
  const reason = deathOf(record, view.fingerprint)
  if (reason !== null && !request.force) {
    return { type: 'rejected', reason, error: accountError(ports, reason) }
  }
  const block = request.halfOpen ? null : blockAt(policy, view.ledger, timeline.toShared(now))
  if (block !== null) return blockedOutcome(ports, localBlock(timeline, block))
  const cooldown = cooldownOf(ports, record)
  if (cooldown !== null && !request.force && !request.halfOpen) {
    return { type: 'deferred', reason: 'cooldown', retryAt: cooldown }
  }
  if (record.grantedAt !== null) {
    const floor = requestFloor(policy, record.lifetime)
    const since = now - timeline.fromShared(record.grantedAt)
    // So is a grant that lies further ahead than the floor reaches.
    if (Math.abs(since) < floor) return { type: 'deferred', reason: 'floor', retryAt: now + floor - Math.max(0, since) }
  }
  return { type: 'due' }
}

/**
 * When the wait ends that the record asks for; `null` if none is on. A wait longer than any that is ever written, or
 * one that was decided on at a time to come, was dated by a clock that does not agree with ours.
 */
function cooldownOf({ timeline }: ConsultPorts, { retryAt, putOffAt }: GrantRecord): number | null {
  if (retryAt === null) return null
  const now = timeline.now()
  const end = timeline.fromShared(retryAt)
  const dated = end <= now + LONGEST_RETRY_AFTER + CLOCK_DISAGREEMENT
  const decided = putOffAt === null || timeline.fromShared(putOffAt) <= now + CLOCK_DISAGREEMENT
  return end > now && dated && decided ? end : null
}

/** The stored token if it is newer than what the session has, not refused, and alive (P5, P8). */
export function adoptable(
  ports: ConsultPorts,
  record: GrantRecord,
  request: Pick<ExchangeRequest, 'have' | 'rejected'>,
): TokenGrant | null {
  const { token, generation } = record
  if (token === null || generation <= Math.max(request.have, request.rejected, record.rejected)) return null
  const { timeline } = ports
  const now = timeline.now()
  const issuedAt = timeline.fromShared(token.issuedAt)
  const expiresAt = timeline.fromShared(token.expiresAt)
  if (expiresAt <= now || issuedAt > now + CLOCK_DISAGREEMENT) return null
  const { value, type: tokenType, scope, apiBaseUrl } = token
  return {
    token: accessToken({ value, tokenType, scope, generation, issuedAt, expiresAt, apiBaseUrl }),
    ...renewalTimes(ports, record.login, issuedAt, expiresAt),
    login: loginDeadline(ports, record.login),
  }
}
