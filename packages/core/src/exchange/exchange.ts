import { isEvergrantError } from '../errors.ts'
import { grantKind } from '../records/record-kinds.ts'
import type { GrantRecord } from '../records/record.ts'
import { writeStored } from '../records/stored.ts'
import { fingerprint } from '../secret.ts'
import type { Lease } from '../store.ts'
import { takeAccountLease } from './account-lease.ts'
import { bookLogin, crowded, type Booking } from './booking.ts'
import { consult, type ExchangeRequest } from './consult.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { saveFailure, transient } from './failed-request.ts'
import { deadOnArrival, saveGrant } from './grant-commit.ts'
import type { Outcome } from './outcome.ts'
import { requestToken } from './token-request.ts'
import { look, type View } from './view.ts'

/** For this part of its time a lease that was held a moment ago is held still: stores renew it every third. */
const LEASE_TRUST = 0.5
const GOES_ON = 'Nothing to do: the session tries again. If it goes on, look for a process that hangs.'

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
  const lease = await takeAccountLease(ports, GOES_ON, signal)
  try {
    ports.onStep('lease')
    const view = await look(ports)
    ports.onStep('read')
    const { signedOut, epoch } = view.grant.value
    // Whoever insists may sign in again, but not past a sign-out that came after it, and that they do not know of (P14).
    const force = request.force && !(signedOut && epoch > known)
    const outcome = consult(ports, view, { ...request, force })
    if (outcome.type !== 'due') return outcome
    ports.provider.check?.(view.credentials ?? {})
    const booking = await bookLogin(ports, request.halfOpen)
    if ('type' in booking) return booking
    ports.onStep('admitted')
    try {
      // Cancelled meanwhile, it would leave a journal of a request that was never sent.
      signal.throwIfAborted()
      return await requestUnderLease(ports, { request, view, booking, lease, signal })
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

/** A request that nothing speaks against any more, and what it holds. */
interface AdmittedRequest {
  readonly request: ExchangeRequest
  readonly view: View
  readonly booking: Booking
  readonly lease: Lease
  readonly signal: AbortSignal
}

async function requestUnderLease(
  ports: ExchangePorts,
  { request, view, booking, lease, signal }: AdmittedRequest,
): Promise<Outcome> {
  const { timeline, policy } = ports
  const previous = view.grant.value
  const writingAt = timeline.now()
  const opened = openJournal(ports, view, request, timeline.toShared(writingAt))
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
  if (answer.type === 'failed') {
    return saveFailure(ports, { request, view, journaled, sentAt, error: answer.error }, booking)
  }
  const answered = { request, journaled, previous, fingerprint: view.fingerprint, sentAt, lease, signal }
  const outcome = await saveGrant(ports, answered, answer.response)
  await booking.close('answered')
  return outcome
}

/** Says, before the request, what may have been spent (P7). A refused token is dropped with the same write (P5). */
function openJournal({ provider }: ExchangePorts, view: View, request: ExchangeRequest, at: number): GrantRecord {
  const record = view.grant.value
  const login = record.login ?? { since: at, expiresAt: null, spent: false }
  const journal = { fingerprint: view.fingerprint, at }
  const journaled = { ...record, issuer: provider.issuer, signedOut: false, login, journal }
  if (request.rejected !== record.generation || record.token === null) return journaled
  return { ...journaled, token: null, rejected: request.rejected, rejectedMark: fingerprint(record.token.value) }
}
