import { invalidOptions } from './errors.ts'
import type { Verdict } from './verdict.ts'

/** When things happen. All times in ms. Override any of them with `createSession({ policy })`. */
export interface Policy {
  /** Share of the lifetime that is left when the refresh begins. A third leaves room for minutes of trouble. */
  readonly leadFraction: number
  /** Share of the lead by which a refresh may begin earlier, at random, so that a fleet does not come at once. */
  readonly leadJitter: number
  /** From this long before expiry (or `mandatoryFraction` of the lifetime, if less) one more try is due, whatever the backoff says. */
  readonly mandatoryLead: number
  readonly mandatoryFraction: number
  /** First pause after a transient failure; it doubles, with full jitter, up to the cap. */
  readonly backoffBase: number
  readonly backoffCap: number
  /** The same for refusals that may be failed logins to the server, so these begin slower. */
  readonly suspiciousBackoffBase: number
  /** Pause after a failure that only a change of configuration can mend. */
  readonly misconfiguredPause: number
  /** Shortest time between two token requests (or `floorFraction` of the last lifetime, if less). */
  readonly floor: number
  readonly floorFraction: number
  /** A token request that takes longer is given up. Healthy servers answer within a second. */
  readonly requestTimeout: number
  /** How long a caller waits for a token if it does not say. */
  readonly maxWait: number
  /** A lease that is not renewed for this long falls to the next. */
  readonly leaseTtl: number
  /** How long to wait for another process to finish its exchange. */
  readonly leaseWait: number
  /** Failed logins allowed per issuer within the window. Three leave a margin below what earns a block. */
  readonly loginBudget: number
  readonly loginBudgetWindow: number
  /** How long before a login ends a person is asked to log in again (or a quarter of what the login lasts, if less). */
  readonly reauthenticationLead: number
  /** Lifetime of a token whose answer names none. Short: a wrong guess then costs a request, not a refusal. */
  readonly assumedLifetime: number
  /** Time-outs in a row that are taken for an address block, after a failed login of late and without one. */
  readonly silencesAfterFailedLogin: number
  readonly silencesAlone: number
  /** How long a failed login counts as "of late" for that. */
  readonly failedLoginMemory: number
  /** Refusals by the edge in a row that are taken for a block. */
  readonly edgeRefusals: number
  /** How long a suspected block lasts at most. tastytrade says eight hours (docs/protocol.md#limits). */
  readonly blockDuration: number
  /** When a block is probed, counted from its beginning; after the last, every `probeInterval`. */
  readonly probeAfter: readonly number[]
  readonly probeInterval: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The longest `Retry-After` that is honoured, in ms: beyond a day it is taken for a slip. */
export const LONGEST_RETRY_AFTER = 24 * HOUR

export const defaultPolicy: Policy = {
  leadFraction: 1 / 3,
  leadJitter: 0.1,
  mandatoryLead: MINUTE,
  mandatoryFraction: 0.1,
  backoffBase: SECOND,
  backoffCap: 5 * MINUTE,
  suspiciousBackoffBase: 5 * SECOND,
  misconfiguredPause: MINUTE,
  floor: 5 * SECOND,
  floorFraction: 0.25,
  requestTimeout: 15 * SECOND,
  maxWait: 30 * SECOND,
  leaseTtl: 10 * SECOND,
  leaseWait: 30 * SECOND,
  loginBudget: 3,
  loginBudgetWindow: 10 * MINUTE,
  reauthenticationLead: 24 * HOUR,
  assumedLifetime: MINUTE,
  silencesAfterFailedLogin: 3,
  silencesAlone: 6,
  failedLoginMemory: HOUR,
  edgeRefusals: 3,
  blockDuration: 8 * HOUR,
  probeAfter: [15 * MINUTE, 30 * MINUTE, HOUR],
  probeInterval: HOUR,
}

const FRACTIONS: ReadonlySet<string> = new Set(['leadFraction', 'leadJitter', 'mandatoryFraction', 'floorFraction'])
const COUNTS: ReadonlySet<string> = new Set([
  'loginBudget',
  'silencesAfterFailedLogin',
  'silencesAlone',
  'edgeRefusals',
])

/** Times that must not be 0: a pause of nothing would be a loop, and a bound of nothing lets nothing through. */
const POSITIVE: ReadonlySet<string> = new Set([
  'leadFraction',
  'backoffBase',
  'backoffCap',
  'suspiciousBackoffBase',
  'misconfiguredPause',
  'requestTimeout',
  'leaseTtl',
  'leaseWait',
  'loginBudgetWindow',
  'assumedLifetime',
  'blockDuration',
  'probeInterval',
])

/** The default policy with these changes. Throws `invalid-options` for values that make no sense. */
export function createPolicy(changes: Partial<Policy> = {}): Policy {
  if (typeof changes !== 'object' || changes === null) {
    throw invalidOptions('policy', 'not an object', 'Give the settings to change, e.g. { maxWait: 10_000 }.')
  }
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(defaultPolicy, name)) {
      const known = Object.keys(defaultPolicy).join(', ')
      throw invalidOptions(`policy.${name}`, 'no such setting', `Known settings: ${known}.`)
    }
    if (name === 'probeAfter') checkProbeTimes(value)
    else checkSetting(name, value)
  }
  // The very same object for all who change nothing: every session holds one.
  return Object.keys(changes).length === 0 ? defaultPolicy : { ...defaultPolicy, ...changes }
}

function checkProbeTimes(times: unknown): void {
  const option = 'policy.probeAfter'
  if (!Array.isArray(times)) throw invalidOptions(option, 'not a list', 'Give times in milliseconds, the first first.')
  let last = 0
  for (const time of times as readonly unknown[]) {
    checkSetting('probeAfter', time)
    if ((time as number) <= last)
      throw invalidOptions(option, 'not in rising order', 'Each probe comes after the last.')
    last = time as number
  }
}

function checkSetting(name: string, value: unknown): void {
  const option = `policy.${name}`
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw invalidOptions(option, 'not a finite number of at least 0', 'Times are in milliseconds.')
  }
  if (POSITIVE.has(name) && value === 0) throw invalidOptions(option, '0', 'It must be more than nothing.')
  if (FRACTIONS.has(name) && value >= 1) throw invalidOptions(option, 'not below 1', 'It is a share, e.g. 0.25.')
  if (COUNTS.has(name) && (value < 1 || !Number.isInteger(value))) {
    throw invalidOptions(option, 'not a whole number of at least 1', 'It counts events.')
  }
}

/** When a token is to be renewed: the ordinary time, and the last call before it dies. */
export interface RefreshTimes {
  readonly refreshAt: number
  readonly mandatoryAt: number
}

export function refreshTimes(policy: Policy, issuedAt: number, expiresAt: number, random: () => number): RefreshTimes {
  const lifetime = Math.max(0, expiresAt - issuedAt)
  const lead = lifetime * policy.leadFraction * (1 + policy.leadJitter * random())
  const mandatory = Math.min(policy.mandatoryLead, lifetime * policy.mandatoryFraction)
  return {
    refreshAt: Math.round(expiresAt - Math.min(lead, lifetime)),
    mandatoryAt: Math.round(expiresAt - mandatory),
  }
}

/** When a person is to be asked to log in again: ahead of the end of a login that began at `since`. */
export function reminderTime(policy: Policy, since: number, expiresAt: number): number {
  return expiresAt - Math.min(policy.reauthenticationLead, Math.max(0, expiresAt - since) / 4)
}

/** Ms until the next try after the `attempts`-th failure in a row: full jitter below a doubling limit. */
export function backoff(policy: Policy, attempts: number, random: () => number, base = policy.backoffBase): number {
  // The exponent is bounded so that months of failures cannot overflow it.
  const limit = Math.min(policy.backoffCap, base * 2 ** Math.min(30, Math.max(0, attempts - 1)))
  return Math.round(limit * random())
}

/** Ms that must lie between two token requests, given the lifetime of the last token. */
export function requestFloor(policy: Policy, lifetime: number | null): number {
  return Math.min(policy.floor, (lifetime ?? 0) * policy.floorFraction)
}

/** When a block that began at `since` is to be probed next, after `probes` probes. */
export function nextProbe(policy: Policy, since: number, probes: number): number {
  const planned = policy.probeAfter[probes]
  if (planned !== undefined) return since + planned
  const last = policy.probeAfter.at(-1) ?? 0
  return since + last + (probes - policy.probeAfter.length + 1) * policy.probeInterval
}

/** The longest time between two probes of a block, in ms. */
export function longestProbeGap({ probeAfter, probeInterval }: Policy): number {
  return Math.max(probeInterval, ...probeAfter.map((after, place) => after - (probeAfter[place - 1] ?? 0)))
}

/** How many probes of a block are over `elapsed` ms after its beginning, so that the next one lies ahead. */
export function probesBy(policy: Policy, elapsed: number): number {
  const { probeAfter, probeInterval } = policy
  const planned = probeAfter.findIndex((after) => after > elapsed)
  if (planned >= 0) return planned
  return probeAfter.length + Math.floor((elapsed - (probeAfter.at(-1) ?? 0)) / probeInterval)
}

/**
 * When a budget is free again, or `null` if it has room: `failures` are the times of failed logins within the window,
 * oldest first.
 */
export function budgetFreeAt(policy: Policy, failures: readonly number[]): number | null {
  const deciding = failures.at(-policy.loginBudget)
  return deciding === undefined ? null : deciding + policy.loginBudgetWindow
}

export interface FailedAttempt {
  readonly verdict: Verdict | undefined
  readonly now: number
  /** Failures in a row, this one included. */
  readonly attempts: number
  /** Last call for the present token; `null` without one. */
  readonly mandatoryAt: number | null
  readonly random: () => number
}

/** When to try again after a failure that condemned nothing. */
export function retryTime(policy: Policy, failed: FailedAttempt): number {
  const { verdict, now, attempts, mandatoryAt, random } = failed
  if (verdict?.kind === 'misconfigured') return now + policy.misconfiguredPause
  const base = verdict?.kind === 'suspicious' ? policy.suspiciousBackoffBase : policy.backoffBase
  const pause = backoff(policy, attempts, random, base)
  // The server's word wins over the schedule, but a wait of nothing would be a loop.
  const asked = verdict?.kind === 'transient' ? verdict.retryAfter : undefined
  if (asked !== undefined && asked >= 0) return now + Math.max(Math.min(asked, LONGEST_RETRY_AFTER), pause)
  return mandatoryAt !== null && mandatoryAt > now ? Math.min(now + pause, mandatoryAt) : now + pause
}
