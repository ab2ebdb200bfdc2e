import type { EvergrantError } from '../errors.ts'
import type { TokenRequestFailure } from '../failure.ts'
import { asFault } from '../fault.ts'
import { retryTime } from '../policy.ts'
import { addDead } from '../records/dead-credentials.ts'
import type { LoginResult } from '../records/ledger.ts'
import { grantKind } from '../records/record-kinds.ts'
import type { GrantRecord } from '../records/record.ts'
import { updateStored, type Stored } from '../records/stored.ts'
import { judge, type Verdict } from '../verdict.ts'
import { blockedOutcome } from './blocked-outcome.ts'
import type { Booking } from './booking.ts'
import { accountError } from './condition-error.ts'
import { adoptable, type ExchangeRequest } from './consult.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import type { Outcome } from './outcome.ts'
import { look, type UnsavedChange, type View } from './view.ts'

/** The request that brought no token. */
export interface FailedRequest {
  readonly request: ExchangeRequest
  readonly view: View
  /** The record with its journal open. */
  readonly journaled: Stored<GrantRecord>
  /** Epoch ms on the session's line. */
  readonly sentAt: number
  readonly error: EvergrantError<'token-request-failed'>
}

/** Failures after which the server may have rotated the refresh token all the same, so the journal stays open. */
const IN_DOUBT: ReadonlySet<TokenRequestFailure['kind']> = new Set([
  'timeout',
  'network',
  'malformed',
  'server',
  'unknown',
])

/** Turns a failure into what ledger and record remember of it, and only then into an outcome. Closes the booking. */
export async function saveFailure(ports: ExchangePorts, failed: FailedRequest, booking: Booking): Promise<Outcome> {
  const { provider, timeline } = ports
  const { error, sentAt } = failed
  const { failure } = error.details
  if (failure.date !== undefined) timeline.observe(failure.date, sentAt, timeline.now())
  const verdict = provider.judge?.(failure) ?? judge(failure)
  // Counted first: should the process die here, the failed login must not be forgotten (P3).
  const block = await booking.close(loginResult(verdict))
  const outcome = await (verdict.kind === 'revoked' ? condemn(ports, failed, verdict) : putOff(ports, failed, verdict))
  const silenced = block !== null && block.reason !== 'login-budget-spent' && outcome.type === 'transient'
  return silenced ? blockedOutcome(ports, block, error) : outcome
}

async function condemn(
  ports: ExchangePorts,
  failed: FailedRequest,
  { reason, help }: Extract<Verdict, { kind: 'revoked' }>,
): Promise<Outcome> {
  const { request, view, error } = failed
  // An earlier request with this refresh token has an unknown end, so this one was its second try; a server that was
  // seen not to rotate cannot have lost a rotation.
  const { journal, rotates } = view.grant.value
  const lost = reason === 'grant-revoked' && journal?.fingerprint === view.fingerprint && rotates !== false
  const verdict = lost ? 'rotation-lost' : reason
  const mark = view.fingerprint
  // In memory first: the store may be away, and what is dead is not sent again for that (P2).
  ports.unsaved = writer(ports, failed, (record) => {
    return { ...record, journal: null, dead: addDead(record, mark, verdict) }
  })
  // Adopt before despair (P8): somebody may have been quicker, or the credentials may have changed meanwhile.
  const again = await look(ports)
  const adopted = adoptable(ports, again.grant.value, request)
  if (adopted !== null) return { type: 'adopted', ...adopted }
  if (again.credentials !== null && again.fingerprint !== mark) {
    return { type: 'deferred', reason: 'credentials-changed', retryAt: ports.timeline.now() }
  }
  return { type: 'rejected', reason: verdict, error: accountError(ports, verdict, error, lost ? undefined : help) }
}

async function putOff(ports: ExchangePorts, failed: FailedRequest, verdict: Verdict): Promise<Outcome> {
  const { request, view, error } = failed
  const outcome = transient(ports, request, error, verdict)
  // An earlier request with this refresh token that nobody answered is in doubt still, whatever this one came to.
  const inDoubt = IN_DOUBT.has(error.details.failure.kind) || view.grant.value.journal?.fingerprint === view.fingerprint
  const closed = inDoubt ? {} : { journal: null }
  const { timeline } = ports
  const retryAt = timeline.toShared(outcome.retryAt)
  const putOffAt = timeline.toShared(timeline.now())
  await writer(ports, failed, (record) => ({ ...record, retryAt, putOffAt, ...closed }))(failed.journaled)
  return outcome
}

/**
 * Writes a change to the record unless the account was signed out, got new credentials (P14) or was granted a token since
 * the request began. Gives the record with it: the server's word stands even if the store does not take it down.
 */
function writer(
  ports: ExchangePorts,
  { journaled }: FailedRequest,
  change: (record: GrantRecord) => GrantRecord,
): UnsavedChange {
  const { epoch, grantedAt } = journaled.value
  const changed = (record: GrantRecord) =>
    record.epoch === epoch && record.grantedAt === grantedAt ? change(record) : record
  return async (read) => {
    try {
      const written = await updateStored(ports.store, grantKind(ports.account), changed)
      ports.unsaved = null
      return written
    } catch (error) {
      ports.onStoreFailure(asFault(error))
      return { ...read, value: changed(read.value) }
    }
  }
}

function loginResult({ kind }: Verdict): LoginResult {
  if (kind === 'revoked') return 'failed-login'
  return kind === 'unanswered' || kind === 'edge' ? kind : 'answered'
}

/** To be tried again: what a failure comes to that condemns nothing. Without a verdict it is none of the server's. */
export function transient(
  ports: ExchangePorts,
  request: ExchangeRequest,
  error: EvergrantError,
  verdict?: Verdict,
): Extract<Outcome, { type: 'transient' }> {
  const { attempts, mandatoryAt } = request
  const retryAt = retryTime(ports.policy, {
    verdict,
    now: ports.timeline.now(),
    attempts: attempts + 1,
    mandatoryAt,
    random: ports.random,
  })
  return { type: 'transient', error, retryAt }
}
