import { defaultPolicy } from '@evergrant/core'
import { callsIn, hasFailed, requestsIn, spanOf, waitOf, wasExpected, type Evidence } from './evidence.ts'
import { LIFETIME, PATIENCE, RETRY_AFTER, SERVER_AHEAD } from './pace.ts'

/** What came of a promise: whether it held, and the figure that shows it. */
interface Finding {
  readonly held: boolean
  readonly figure: string
}

/** A promise of evergrant that the tour puts to the test. */
export interface TestedPromise {
  readonly id: string
  readonly name: string
  readonly check: (evidence: Evidence) => Finding
}

/** For a promise that the tour did not get to: what was not tried has not held. */
const UNTRIED: Finding = { held: false, figure: 'not shown: the tour did not come so far' }

const oneSpender: TestedPromise = {
  id: 'P1',
  name: 'One spender',
  check({ requests, credentials, peakInFlight }) {
    const sent = requests.filter(({ kind }) => kind === 'token').length
    const figure = `${sent} token requests for ${credentials} credentials, at most ${peakInFlight} at a time`
    return { held: sent > 0 && peakInFlight === 1, figure }
  },
}

const deadStaysQuiet: TestedPromise = {
  id: 'P2',
  name: 'Dead stays quiet',
  check(evidence) {
    const dead = spanOf(evidence, 'dead')
    if (dead === null) return UNTRIED
    const asked = callsIn(evidence, dead).length
    const restarts = dead.to.restarts - dead.from.restarts
    const sent = requestsIn(evidence, dead).filter(({ kind }) => kind === 'token').length
    const figure = `after the refusal: ${asked} calls, ${restarts} restarts, ${sent} token requests`
    return { held: asked > 0 && restarts > 0 && sent === 0, figure }
  },
}

const loginBudget: TestedPromise = {
  id: 'P3',
  name: 'Login budget',
  check(evidence) {
    const { failedLogins, requests } = evidence
    const silent = spanOf(evidence, 'silent')
    if (silent === null || spanOf(evidence, 'dead') === null) return UNTRIED
    const earned = requests.filter(
      ({ outcome }, index) => outcome === 'blocked' && !(index >= silent.from.requests && index < silent.to.requests),
    ).length
    const figure = `failed logins: ${failedLogins}, where ${defaultPolicy.loginBudget} are allowed in ten minutes`
    return { held: failedLogins > 0 && failedLogins <= defaultPolicy.loginBudget && earned === 0, figure }
  },
}

const blockedIsQuiet: TestedPromise = {
  id: 'P4',
  name: 'Blocked is quiet',
  check(evidence) {
    const blocked = spanOf(evidence, 'blocked')
    if (blocked === null) return UNTRIED
    const arrived = requestsIn(evidence, blocked)
    const spent = arrived.filter(({ kind }) => kind === 'token').length
    const probes = arrived.filter(({ credential }) => !credential).length
    const restarts = blocked.to.restarts - blocked.from.restarts
    const figure = `${probes} probes without credentials, ${restarts} restart: ${spent} token requests`
    return { held: probes > 0 && restarts > 0 && spent === 0, figure }
  },
}

const noStaleToken: TestedPromise = {
  id: 'P5',
  name: 'No stale token',
  check({ calls, tokens }) {
    const expiry = new Map(tokens.map(({ generation, expiresAt }) => [generation, expiresAt]))
    const sends = calls.flatMap((call) => call.sends)
    const refusedAt = new Map<number, number>()
    for (const { status, answeredAt, generation } of sends) {
      if (status !== 401 || answeredAt === null) continue
      refusedAt.set(generation, Math.min(answeredAt, refusedAt.get(generation) ?? Infinity))
    }
    const expired = sends.filter(({ generation, leftAt }) => leftAt >= (expiry.get(generation) ?? 0)).length
    const refused = sends.filter(({ generation, leftAt }) => leftAt > (refusedAt.get(generation) ?? Infinity)).length
    const born = tokens.filter(({ publishedAt, expiresAt }) => publishedAt >= expiresAt).length
    const figure = `${sends.length} requests with ${tokens.length} tokens: ${expired} too late, ${refused} after a refusal`
    return { held: sends.length > 0 && expired === 0 && refused === 0 && born === 0, figure }
  },
}

const serveWhileYouCan: TestedPromise = {
  id: 'P6',
  name: 'Serve while you can',
  check(evidence) {
    const limited = spanOf(evidence, 'rate-limited')
    if (limited === null) return UNTRIED
    const served = evidence.calls.filter(({ hadToken }) => hadToken)
    const waited = served.filter(({ leftAtOnce }) => !leftAtOnce).length
    const noticed = callsIn(evidence, limited).filter((call) => hasFailed(call) || waitOf(call) !== null).length
    const figure = `${served.length} with a token at hand: ${waited} waited; ${noticed} noticed the 429`
    return { held: served.length > 0 && waited === 0 && noticed === 0, figure }
  },
}

const transientIsNeverTerminal: TestedPromise = {
  id: 'P9',
  name: 'Transient is never terminal',
  check(evidence) {
    const [limited, unavailable] = [spanOf(evidence, 'rate-limited'), spanOf(evidence, 'unavailable')]
    const silent = spanOf(evidence, 'silent')
    if (limited === null || unavailable === null || silent === null) return UNTRIED
    const asked = evidence.requests.filter(({ kind }) => kind === 'token')
    const met = [
      asked.filter(({ status }) => status === 429).length,
      asked.filter(({ status }) => status === 503).length,
      asked.filter(({ outcome }) => outcome === 'blocked').length,
    ]
    const condemned = evidence.states.slice(0, silent.to.changes).includes('revoked')
    const failures = [limited, unavailable].flatMap((span) => callsIn(evidence, span).filter(hasFailed)).length
    const [first, second, third] = requestsIn(evidence, limited).filter(({ kind }) => kind === 'token')
    const patience = (second?.at ?? 0) - (first?.at ?? 0)
    const patient = third === undefined && patience >= RETRY_AFTER * 1_000
    const [limits, troubles, silences] = met
    const seen = `429 ×${limits} (waited ${seconds(patience)}), 503 ×${troubles}, silence ×${silences}`
    const figure = `${seen}: ${failures} failures`
    return { held: met.every((times) => times > 0) && !condemned && failures === 0 && patient, figure }
  },
}

const lateRejections: TestedPromise = {
  id: 'P10',
  name: 'Late 401s are harmless',
  check(evidence) {
    const span = spanOf(evidence, 'invalidated')
    if (span === null) return UNTRIED
    const arrived = requestsIn(evidence, span)
    const refused = arrived.filter(({ outcome }) => outcome === 'unauthorized').length
    const sent = arrived.filter(({ kind }) => kind === 'token').length
    const failed = callsIn(evidence, span).filter(hasFailed).length
    const twice = evidence.calls.every(({ sends }) => sends.length <= 2)
    const figure = `${refused} refusals of one token: ${sent} token request, ${failed} failures`
    return { held: refused > 1 && sent === 1 && failed === 0 && twice, figure }
  },
}

const noSecretLeaves: TestedPromise = {
  id: 'P11',
  name: 'No secret leaves',
  check({ shown, secrets }) {
    const leaked = secrets.filter((secret) => shown.includes(secret)).length
    const kilobytes = Math.round(shown.length / 1_000)
    const figure = `${secrets.length} secrets sought in ${kilobytes} kB of output and errors: ${leaked} found`
    return { held: secrets.length > 2 && shown !== '' && leaked === 0, figure }
  },
}

const nothingHangs: TestedPromise = {
  id: 'P12',
  name: 'Nothing hangs',
  check({ calls, to }) {
    const bound = PATIENCE + 2_000
    const ages = calls.map(({ askedAt, endedAt }) => (endedAt ?? to) - askedAt)
    const hanging = ages.filter((age) => age > bound).length
    const figure = `${calls.length} requests, the longest took ${seconds(Math.max(0, ...ages))}; ${hanging} hang`
    return { held: calls.length > 0 && hanging === 0, figure }
  },
}

/** A server that grants must not be asked again before this share of the lifetime has passed. */
const FLOOR = 0.25

const progressOrSilence: TestedPromise = {
  id: 'P13',
  name: 'Progress or silence',
  check(evidence) {
    const restart = spanOf(evidence, 'restart')
    if (restart === null) return UNTRIED
    const asked = evidence.requests.filter(({ kind }) => kind === 'token')
    const pauses = asked.slice(1).flatMap(({ at }, index) => {
      const before = asked[index]
      return before?.outcome === 'granted' ? [at - before.at] : []
    })
    const shortest = Math.min(Infinity, ...pauses)
    const needless = requestsIn(evidence, restart).filter(({ kind }) => kind === 'token').length
    const figure = `at least ${seconds(shortest)} after a grant; a restart costs ${needless}`
    // A hundredth of a second for the way to the server, which is not the same each time.
    return { held: pauses.length > 0 && shortest >= LIFETIME * FLOOR * 1_000 - 10 && needless === 0, figure }
  },
}

const timeIsOnePort: TestedPromise = {
  id: 'P15',
  name: 'Time is one port',
  check(evidence) {
    const ordinary = spanOf(evidence, 'ordinary')
    const restart = spanOf(evidence, 'restart')
    if (ordinary === null || restart === null) return UNTRIED
    const renewed = evidence.tokens.slice(1, 4).map((token, index) => {
      const before = evidence.tokens[index]
      return token.publishedAt - (before?.publishedAt ?? 0)
    })
    // A third of the lifetime is left, or a tenth of that more; the rest of it is the margin.
    const earliest = LIFETIME * 1_000 * (1 - 1.1 / 3) - 200
    const onTime = renewed.length === 3 && renewed.every((age) => age >= earliest && age < LIFETIME * 1_000)
    const ages = renewed.map((age) => (age / 1_000).toFixed(1)).join(', ')
    const figure = `a server ${SERVER_AHEAD / 3_600_000} h ahead: renewed at ${ages} s of ${LIFETIME} s`
    return { held: onTime, figure }
  },
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

/** Beside the promises: a failure of the bot that a client could have spared it. */
const noFailureOfOurs: TestedPromise = {
  id: 'bot',
  name: 'No avoidable failure',
  check(evidence) {
    const failed = evidence.calls.filter(hasFailed)
    const ours = failed.filter((call) => !wasExpected(evidence, call)).length
    return {
      held: evidence.calls.length > 0 && ours === 0,
      figure: `${ours} of ${failed.length} failures were avoidable`,
    }
  },
}

export const PROMISES: readonly TestedPromise[] = [
  oneSpender,
  deadStaysQuiet,
  loginBudget,
  blockedIsQuiet,
  noStaleToken,
  serveWhileYouCan,
  transientIsNeverTerminal,
  lateRejections,
  noSecretLeaves,
  nothingHangs,
  progressOrSilence,
  timeIsOnePort,
  noFailureOfOurs,
]
