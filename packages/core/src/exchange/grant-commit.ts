import { EvergrantError, isLeaseLost, isStoreConflict, tokenRequestError } from '../errors.ts'
import { asFault } from '../fault.ts'
import { backoff, requestFloor } from '../policy.ts'
import type { TokenResponse } from '../provider.ts'
import { addDead, withoutDead } from '../records/dead-credentials.ts'
import { grantKind } from '../records/record-kinds.ts'
import type { GrantRecord } from '../records/record.ts'
import { readStored, writeStored, type Stored } from '../records/stored.ts'
import { fingerprint } from '../secret.ts'
import type { Lease } from '../store.ts'
import { accessToken } from '../token.ts'
import { adoptable, type ExchangeRequest } from './consult.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { loginDeadline, renewalTimes, renewLogin } from './login-deadline.ts'
import type { Outcome } from './outcome.ts'

/** The request that was answered. */
export interface AnsweredRequest {
  readonly request: ExchangeRequest
  /** The record with its journal open. */
  readonly journaled: Stored<GrantRecord>
  /** The record before that. */
  readonly previous: GrantRecord
  readonly fingerprint: string
  /** Epoch ms on the session's line. */
  readonly sentAt: number
  readonly lease: Lease
  readonly signal: AbortSignal
}

/** A year: longer lifetimes are a server's slip, and expiry by rejection covers the rest. */
const LONGEST_LIFETIME = 366 * 24 * 60 * 60_000
/** In ms. What dies sooner is dead on arrival, and to renew it in time would be a loop (P13). */
const SHORTEST_LIFETIME = 1_000
/** Failed writes after which a token whose refresh token was not rotated is handed out unsaved. */
const UNSAVED_AFTER = 3
/** Longest pause between two tries to save a rotated refresh token, which exists nowhere else. */
const LONGEST_SAVE_PAUSE = 5_000

/** Turns an answer into a durable record, and only then into a token (P7). */
export async function saveGrant(
  ports: ExchangePorts,
  answered: AnsweredRequest,
  response: TokenResponse,
): Promise<Outcome> {
  const { timeline, policy, random } = ports
  const { request, previous, sentAt } = answered
  if (response.date !== undefined) timeline.observe(response.date, sentAt, timeline.now())
  const value = typeof response.accessToken === 'string' ? response.accessToken : response.accessToken.reveal()
  const lifetime = value === '' ? 0 : lifetimeOf(ports, response, sentAt)
  const now = timeline.now()
  const repeated = previous.token?.value === value
  // Asked now: the refusal may have come while the request was under way.
  const refused = repeated
    ? ports.latestRejected() === previous.generation
    : fingerprint(value) === previous.rejectedMark
  const generation = repeated ? previous.generation : Math.max(previous.generation, request.have) + 1
  const expiresAt = sentAt + lifetime
  const useful = lifetime >= SHORTEST_LIFETIME && expiresAt > now && !refused

  const saved = await commit(ports, answered, (record) =>
    applyGrant(ports, record, answered, response, { value, generation, expiresAt, lifetime, useful, refused }),
  )
  if (!saved) return superseded(ports, request)
  if (!useful) {
    const error = value === '' ? tokenRequestError({ kind: 'malformed', status: 200 }) : noProgress(null)
    return deadOnArrival(ports, request, previous.lifetime, error)
  }
  const { type: tokenType, scope, apiBaseUrl } = tokenFields(response)
  const token = accessToken({ value, tokenType, scope, generation, issuedAt: sentAt, expiresAt, apiBaseUrl })
  const renewed = renewLogin(ports, answered.journaled.value.login, response, { sentAt, expiresAt })
  const login = loginDeadline(ports, renewed)
  const times = renewalTimes(ports, renewed, sentAt, expiresAt)
  if (!repeated) return { type: 'granted', token, note: null, login, ...times }
  // The server gives nothing new yet: ask again later than planned, or a loop of requests would follow (P13).
  const pause = Math.max(requestFloor(policy, lifetime), backoff(policy, request.attempts + 3, random))
  const refreshAt = Math.max(times.refreshAt, now + pause)
  return {
    type: 'granted',
    token,
    note: noProgress(refreshAt),
    login,
    refreshAt,
    mandatoryAt: Math.max(times.mandatoryAt, refreshAt),
  }
}

/** A token that is of no use: the next request has to wait, or a loop would follow (P13). `lifetime` in ms, if known. */
export function deadOnArrival(
  { policy, timeline, random }: ExchangePorts,
  { attempts }: ExchangeRequest,
  lifetime: number | null,
  error: EvergrantError = noProgress(null),
): Outcome {
  const floor = lifetime === null ? policy.floor : requestFloor(policy, lifetime)
  const pause = Math.max(floor, backoff(policy, attempts + 3, random))
  return { type: 'transient', error, retryAt: timeline.now() + pause }
}

function lifetimeOf(ports: ExchangePorts, response: TokenResponse, sentAt: number): number {
  const { expiresIn, expiresAt } = response
  if (expiresAt !== undefined && Number.isFinite(expiresAt)) {
    return Math.min(Math.max(0, ports.timeline.fromShared(expiresAt) - sentAt), LONGEST_LIFETIME)
  }
  if (expiresIn === undefined || !Number.isFinite(expiresIn)) return ports.policy.assumedLifetime
  return Math.min(Math.max(0, expiresIn * 1_000), LONGEST_LIFETIME)
}

interface NewToken {
  readonly value: string
  readonly generation: number
  readonly expiresAt: number
  readonly lifetime: number
  readonly useful: boolean
  /** A server has refused this very token. */
  readonly refused: boolean
}

function applyGrant(
  ports: ExchangePorts,
  record: GrantRecord,
  answered: AnsweredRequest,
  response: TokenResponse,
  fresh: NewToken,
): GrantRecord {
  const { timeline } = ports
  const issuedAt = timeline.toShared(answered.sentAt)
  const rotated = rotatedToken(response)
  const changed: GrantRecord = {
    ...record,
    journal: null,
    retryAt: null,
    grantedAt: issuedAt,
    clockOffset: timeline.wallOffset,
    rotates: rotated === null ? (record.rotates ?? false) : true,
    credentials: rotated === null ? record.credentials : { ...record.credentials, refreshToken: rotated },
    dead: deadAfter(record, answered, response),
  }
  if (fresh.refused && record.token?.value === fresh.value) {
    return { ...changed, token: null, rejected: fresh.generation, rejectedMark: fingerprint(fresh.value) }
  }
  if (!fresh.useful) return changed
  const { value, generation, expiresAt, lifetime } = fresh
  const token = { value, ...tokenFields(response), issuedAt, expiresAt: timeline.toShared(expiresAt) }
  const login = renewLogin(ports, record.login, response, { sentAt: answered.sentAt, expiresAt })
  return { ...changed, generation, token, lifetime, login }
}

/** What an answer says of its token besides its text and its life, with what is meant where it says nothing. */
function tokenFields({ tokenType, scope, apiBaseUrl }: TokenResponse) {
  return { type: tokenType ?? 'Bearer', scope: scope ?? null, apiBaseUrl: apiBaseUrl ?? null }
}

/** The credentials that were answered live; those that are used up by that are known dead at once. */
function deadAfter(
  record: GrantRecord,
  { fingerprint: mark }: AnsweredRequest,
  response: TokenResponse,
): GrantRecord['dead'] {
  if (response.renewable === false) return addDead(record, mark, 'login-expired')
  return withoutDead(record, mark)
}

function rotatedToken(response: TokenResponse): string | null {
  const { refreshToken } = response
  const text = typeof refreshToken === 'string' ? refreshToken : refreshToken?.reveal()
  return text === undefined || text === '' ? null : text
}

/**
 * Writes until it is written. Gives false if the account was signed out or got new credentials meanwhile (P14), or if
 * somebody else is further on: then this answer is of no use.
 */
async function commit(
  ports: ExchangePorts,
  answered: AnsweredRequest,
  change: (record: GrantRecord) => GrantRecord,
): Promise<boolean> {
  const { store, account, timeline, policy, random } = ports
  const kind = grantKind(account)
  const { epoch, generation } = answered.journaled.value
  let base = answered.journaled
  let lease: Lease | null = answered.lease
  // Somebody else wrote first: read what, before the next try.
  let superseding = false
  for (let failures = 0; ;) {
    const next = change(base.value)
    try {
      if (superseding) {
        base = await readStored(store, kind)
        superseding = false
        if (base.value.epoch !== epoch || base.value.generation > generation) return false
        continue
      }
      await writeStored(store, kind, base, next, lease === null ? {} : { lease })
      ports.onStep('saved')
      return true
    } catch (error) {
      if (isLeaseLost(error)) {
        // Compare-and-set alone still tells whether anybody has come in between.
        lease = null
      } else if (isStoreConflict(error)) {
        superseding = true
      } else {
        // Whatever it is: what was rotated exists nowhere else, so it is not let go for a fault of a store.
        failures += 1
        ports.onStoreFailure(asFault(error))
        const rotated = next.credentials?.refreshToken !== base.value.credentials?.refreshToken
        const once = rotated || next.login?.spent === true
        if (!once && failures >= UNSAVED_AFTER) return true
        const pause = Math.min(LONGEST_SAVE_PAUSE, backoff(policy, failures, random, 100) + 50)
        await timeline.wait(pause, answered.signal, { hold: true })
      }
    }
  }
}

async function superseded(ports: ExchangePorts, request: ExchangeRequest): Promise<Outcome> {
  const { value } = await readStored(ports.store, grantKind(ports.account))
  const adopted = value.signedOut ? null : adoptable(ports, value, request)
  if (adopted !== null) return { type: 'adopted', ...adopted }
  return { type: 'deferred', reason: 'credentials-changed', retryAt: ports.timeline.now() }
}

function noProgress(retryAt: number | null): EvergrantError<'no-progress'> {
  return new EvergrantError('no-progress', {
    message: 'The server gave back a token that is no newer, or about to die',
    help: 'Nothing to do: the session tries again. If it goes on, the server has trouble issuing tokens.',
    details: { retryAt },
  })
}
