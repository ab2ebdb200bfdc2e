import { EvergrantError, isEvergrantError } from '../errors.ts'
import type { TokenRequestFailure } from '../failure.ts'
import { asFault } from '../fault.ts'
import { retryTime } from '../policy.ts'
import type { LoginResult } from '../records/ledger.ts'
import type { GrantRecord } from '../records/record.ts'
import { updateStored, writeStored, type Stored } from '../records/stored.ts'
import { fingerprint } from '../secret.ts'
import type { Lease } from '../store.ts'
import { withDeadline } from '../time/deadline.ts'
import { judge, type Verdict } from '../verdict.ts'
import { blockedOutcome } from './blocked-outcome.ts'
import { bookLogin, crowded, type Booking } from './booking.ts'
import { revokedError } from './condition-error.ts'
import { adoptable, consult, type ExchangeRequest } from './consult.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { deadOnArrival, saveGrant } from './grant-commit.ts'
import type { Outcome } from './outcome.ts'
import { requestToken } from './token-request.ts'
import { addDead, grantKind, look, type View } from './view.ts'

/** Failures after which the server may have rotated the refresh token all the same, so the journal stays open. */
const IN_DOUBT: ReadonlySet<TokenRequestFailure['kind']> = new Set([
  'timeout',
  'network',
  'malformed',
  'server',
  'unknown',
])

/** For this part of its time a lease that was held a moment ago is held still: stores renew it every third. */
const LEASE_TRUST = 0.5

/**
 * The only place that spends a credential: lease, re-read, adopt or journal, one request, save, hand over. What can
 * come of it is in {@link Outcome}. Rejects only with a fault of ours or the reason of `signal`, which says that nobody
 * wants the result any more: sign-out, new credentials, or the end of disposal's patience.
 */
export async function exchange(ports: ExchangePorts, request: ExchangeRequest, signal: AbortSignal): Promise<Outcome> {
  try {
    return unlessDead(ports, request, await exchangeUnderLease(ports, request, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (!isEvergrantError(error) || error.code === 'internal') throw error
    return transient(ports, request, error)
  }
}

async function exchangeUnderLease(
  ports: ExchangePorts,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const known = ports.knownEpoch()
  const lease = await takeLease(ports, signal)
  try {
    ports.onStep('lease')
    const view = await look(ports)
    ports.onStep('read')
    const { signedOut, epoch } = view.grant.value
    // Whoever insists may sign in again, but not past a sign-out that came after it, and that they do not know of (P14).
    const force = request.force && !(signedOut && epoch > known)
    const outcome = consult(ports, view, { ...request, force })
    if (outcome.type !== 'due') return outcome
    const booking = await bookLogin(ports, request.halfOpen)
    if ('type' in booking) return booking
    ports.onStep('admitted')
    try {
      // Cancelled meanwhile, it would leave a journal of a request that was never sent.
      signal.throwIfAborted()
      return await spend(ports, request, view, booking, lease, signal)
    } finally {
      await booking.close('abandoned')
      ports.onStep('settled')
    }
  } finally {
    await lease.release()
    ports.onStep('released')
  }
}

/** On a slow store a short-lived token dies while it is saved, or while the lease is given back (P5). */
function unlessDead(ports: ExchangePorts, request: ExchangeRequest, outcome: Outcome): Outcome {
  if (outcome.type !== 'granted' && outcome.type !== 'adopted') return outcome
  const { issuedAt, expiresAt } = outcome.token
  return ports.timeline.now() < expiresAt ? outcome : deadOnArrival(ports, request, expiresAt - issuedAt)
}

async function takeLease(ports: ExchangePorts, signal: AbortSignal): Promise<Lease> {
  const { store, account, policy, timeline } = ports
  const { key } = grantKind(account)
  const tooLong = () =>
    new EvergrantError('lease-timeout', {
      message: `Another process has been fetching a token of account ${account} for too long`,
      help: 'Nothing to do: the session tries again. If it goes on, look for a process that hangs.',
      details: { key },
    })
  const deadline = { ms: policy.leaseWait, reason: tooLong, signal }
  return withDeadline(timeline, deadline, async (bound) => {
    const lease = await store.lease(key, { ttl: policy.leaseTtl, signal: bound })
    // A store that does not heed its signal must not leave a lease behind that nobody gives back.
    if (bound.aborted) await lease.release()
    return lease
  })
}

async function spend(
  ports: ExchangePorts,
  request: ExchangeRequest,
  view: View,
  booking: Booking,
  lease: Lease,
  signal: AbortSignal,
): Promise<Outcome> {
  const { timeline, policy } = ports
  const previous = view.grant.value
  const writingAt = timeline.now()
  const opened = {
    ...openJournal(previous, view.fingerprint, request, timeline.toShared(writingAt)),
    issuer: ports.provider.issuer,
  }
  const journaled = await writeStored(ports.store, grantKind(ports.account), view.grant, opened, { lease })
  ports.onStep('journaled')
  // Stopped and let go on again, a process hears of the write before its timers tell it that its lease is over (P1).
  const stoodStill = timeline.now() - writingAt >= policy.leaseTtl * LEASE_TRUST
  if (booking.lapsed || stoodStill) {
    // Nothing was sent, so nothing is in doubt that was not before.
    const closed = { ...journaled.value, journal: previous.journal }
    await writeStored(ports.store, grantKind(ports.account), journaled, closed, { lease })
    return crowded(ports)
  }

  const sentAt = timeline.now()
  const answer = await requestToken(ports, view.credentials ?? {}, signal, journaled.value.rejectedMark)
  ports.onStep('answered')

  if (answer.type === 'response') {
    const answered = { request, journaled, previous, fingerprint: view.fingerprint, sentAt, lease, signal }
    const outcome = await saveGrant(ports, answered, answer.response)
    await booking.close('answered')
    return outcome
  }
  const { failure } = answer.error.details
  if (failure.date !== undefined) timeline.observe(failure.date, sentAt, timeline.now())
  const verdict = ports.provider.judge?.(failure) ?? judge(failure)
  const failed = { view, journaled, error: answer.error, verdict }
  // Counted first: should the process die here, the failed login must not be forgotten (P3).
  const block = await booking.close(loginResult(verdict))
  const outcome = await (verdict.kind === 'revoked'
    ? condemn(ports, request, failed, verdict.reason)
    : putOff(ports, request, failed))
  const silenced = block !== null && block.reason !== 'login-budget-spent' && outcome.type === 'transient'
  return silenced ? blockedOutcome(ports, block, answer.error) : outcome
}

/** Says, before the request, what may have been spent (P7). A refused token is dropped with the same write (P5). */
function openJournal(record: GrantRecord, mark: string, request: ExchangeRequest, at: number): GrantRecord {
  const login = record.login ?? { since: at, expiresAt: null, spent: false }
  const journaled = { ...record, signedOut: false, login, journal: { fingerprint: mark, at } }
  if (request.rejected !== record.generation || record.token === null) return journaled
  return { ...journaled, token: null, rejected: request.rejected, rejectedMark: fingerprint(record.token.value) }
}

interface FailedRequest {
  readonly view: View
  readonly journaled: Stored<GrantRecord>
  readonly error: EvergrantError<'token-request-failed'>
  readonly verdict: Verdict
}

async function condemn(
  ports: ExchangePorts,
  request: ExchangeRequest,
  failed: FailedRequest,
  reason: 'grant-revoked' | 'client-rejected',
): Promise<Outcome> {
  const { view, error } = failed
  // Adopt before despair (P8): somebody may have been quicker, or the credentials may have changed meanwhile.
  const again = await look(ports)
  const adopted = adoptable(ports, again.grant.value, request)
  if (adopted !== null) return { type: 'adopted', ...adopted }
  // An earlier request with this refresh token has an unknown end, so this one was its second try; a server that was
  // seen not to rotate cannot have lost a rotation.
  const { journal, rotates } = view.grant.value
  const lost = reason === 'grant-revoked' && journal?.fingerprint === view.fingerprint && rotates !== false
  const verdict = lost ? 'rotation-lost' : reason
  await updateGrant(ports, failed, (record) => {
    return { ...record, journal: null, dead: addDead(record, view.fingerprint, verdict) }
  })
  if (again.credentials !== null && again.fingerprint !== view.fingerprint) {
    return { type: 'deferred', reason: 'credentials-changed', retryAt: ports.timeline.now() }
  }
  return { type: 'rejected', reason: verdict, error: revokedError(ports, verdict, error) }
}

async function putOff(ports: ExchangePorts, request: ExchangeRequest, failed: FailedRequest): Promise<Outcome> {
  const { error, verdict } = failed
  const outcome = transient(ports, request, error, verdict)
  const { view } = failed
  // An earlier request with this refresh token that nobody answered is in doubt still, whatever this one came to.
  const inDoubt = IN_DOUBT.has(error.details.failure.kind) || view.grant.value.journal?.fingerprint === view.fingerprint
  const closed = inDoubt ? {} : { journal: null }
  const { timeline } = ports
  const retryAt = timeline.toShared(outcome.retryAt)
  const putOffAt = timeline.toShared(timeline.now())
  await updateGrant(ports, failed, (record) => ({ ...record, retryAt, putOffAt, ...closed }))
  return outcome
}

/**
 * Changes the record unless the account was signed out or got new credentials since the request began (P14). The
 * server's word stands even if the store does not take it down.
 */
async function updateGrant(
  ports: ExchangePorts,
  failed: FailedRequest,
  change: (record: GrantRecord) => GrantRecord,
): Promise<void> {
  const { epoch } = failed.journaled.value
  try {
    await updateStored(ports.store, grantKind(ports.account), (record) =>
      record.epoch === epoch ? change(record) : record,
    )
  } catch (error) {
    ports.onStoreFailure(asFault(error))
  }
}

function loginResult(verdict: Verdict): LoginResult {
  switch (verdict.kind) {
    case 'revoked':
      return 'failed-login'
    case 'unanswered':
    case 'edge':
      return verdict.kind
    case 'suspicious':
    case 'misconfigured':
    case 'transient':
      return 'answered'
  }
}

function transient(
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
