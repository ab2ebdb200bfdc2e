import type { Block } from '../records/ledger.ts'
import type { Timeline } from '../time/timeline.ts'
import { blockedError, type Subject } from './condition-error.ts'
import type { Outcome } from './outcome.ts'

/** A block as the ledger has it, with its times brought onto the session's line. */
export function localBlock(timeline: Timeline, { reason, until, retryAt }: Block): Block {
  return { reason, until: timeline.fromShared(until), retryAt: timeline.fromShared(retryAt) }
}

/** What an exchange ends with that may not send anything. `block` with times on the session's line. */
export function blockedOutcome(subject: Subject, block: Block, cause?: unknown): Extract<Outcome, { type: 'blocked' }> {
  return { type: 'blocked', ...block, error: blockedError(subject, block.reason, block, cause) }
}
