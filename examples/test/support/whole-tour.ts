import type { Evidence, Moment, SpanName } from '../../bot/tour/evidence.ts'
import { LIFETIME, RETRY_AFTER, SERVER_AHEAD } from '../../bot/tour/pace.ts'
import type { Call } from '../../bot/tour/traffic.ts'

type RequestEntry = Evidence['requests'][number]

const START = Date.UTC(2026, 0, 5, 14, 30)
const SECOND = 1_000

/** A request of the bot that left at once and was answered. `at` in seconds since the start. */
export function call(at: number, changes: Partial<Call> & { readonly generation?: number } = {}): Call {
  const { generation = 1, ...rest } = changes
  const askedAt = START + at * SECOND
  return {
    askedAt,
    hadToken: true,
    leftAtOnce: true,
    sends: [{ leftAt: askedAt, generation, answeredAt: askedAt + 5, status: 200 }],
    endedAt: askedAt + 5,
    result: 'ok',
    ...rest,
  }
}

/** A token request as the server logs it. */
export function tokenRequest(at: number, changes: Partial<RequestEntry> = {}): RequestEntry {
  return {
    at: START + SERVER_AHEAD + at * SECOND,
    method: 'POST',
    path: '/oauth/token',
    kind: 'token',
    status: 200,
    outcome: 'granted',
    fault: null,
    generation: null,
    userAgent: 'tour-bot/1.0',
    credential: true,
    ...changes,
  }
}

/** A request for balances as the server logs it. */
export function apiRequest(at: number, changes: Partial<RequestEntry> = {}): RequestEntry {
  return tokenRequest(at, {
    method: 'GET',
    path: '/accounts/9EV00001/balances',
    kind: 'api',
    outcome: 'ok',
    ...changes,
  })
}

/**
 * What a tour brings to light on which every promise holds: a token request every two thirds of a lifetime, then what
 * the acts are about, one after the other.
 */
export function wholeTour(): Evidence {
  const requests: RequestEntry[] = []
  const calls: Call[] = []
  const spans: { name: SpanName; from: Moment; to: Moment }[] = []
  let restarts = 0
  const changes = 20

  const moment = (at: number): Moment => {
    return { at: START + at * SECOND, requests: requests.length, calls: calls.length, restarts, changes }
  }
  function during(name: SpanName, from: number, to: number, happens: () => void): void {
    const begin = moment(from)
    happens()
    spans.push({ name, from: begin, to: moment(to) })
  }

  const renewed = [0, 6, 12, 18]
  during('ordinary', 0, 18, () => {
    for (const at of renewed) requests.push(tokenRequest(at))
    calls.push(call(1), call(7, { generation: 2 }))
  })
  during('invalidated', 21, 22, () => {
    requests.push(...[21, 21, 21].map((at) => apiRequest(at, { status: 401, outcome: 'unauthorized' })))
    requests.push(tokenRequest(21.1))
    calls.push(...[21, 21, 21].map((at) => call(at, { sends: refusedOnce(at) })))
  })
  during('rate-limited', 22, 29, () => {
    requests.push(tokenRequest(27, { status: 429, outcome: 'rate-limited' }), tokenRequest(27 + RETRY_AFTER + 0.1))
    calls.push(call(27.5, { generation: 5 }))
  })
  during('unavailable', 29, 38, () => {
    requests.push(...[34, 35, 36].map((at) => tokenRequest(at, { status: 503, outcome: 'server-error' })))
    requests.push(tokenRequest(38))
    const waited = { hadToken: false, leftAtOnce: false, generation: 7 }
    calls.push(call(37.5, { ...waited, endedAt: START + 38.1 * SECOND, sends: sent(38.05, 7) }))
  })
  during('restart', 39, 40, () => {
    restarts += 1
    calls.push(call(39.5, { generation: 7 }))
  })
  during('silent', 41, 52, () => {
    calls.push(call(42, { generation: 7, sends: sent(42, 7, null), result: 'no answer', endedAt: START + 46 * SECOND }))
    requests.push(...[44, 45.5, 47].map((at) => tokenRequest(at, { status: null, outcome: 'blocked' })))
    during('blocked', 48, 51, () => {
      requests.push(apiRequest(49, { path: '/', status: null, outcome: 'blocked', credential: false }))
      restarts += 1
    })
    requests.push(tokenRequest(51.2))
  })
  during('revoked', 54, 58, () => {
    requests.push(tokenRequest(54.1, { status: 400, outcome: 'grant-revoked' }))
    during('dead', 54.2, 57, () => {
      calls.push(call(55, { hadToken: false, leftAtOnce: false, sends: [], result: 'grant-revoked' }))
      restarts += 3
    })
    requests.push(tokenRequest(57.1))
  })

  const born = [...renewed, 21.1, 28.1, 38, 51.2, 57.1]
  return {
    from: START,
    to: START + 60 * SECOND,
    requests,
    calls,
    spans,
    tokens: born.map((at, index) => ({
      generation: index + 1,
      publishedAt: START + at * SECOND + 5,
      expiresAt: START + (at + LIFETIME) * SECOND,
    })),
    states: ['refreshing', 'valid', 'expiring', 'backoff', 'blocked'],
    restarts,
    failedLogins: 1,
    credentials: 2,
    peakInFlight: 1,
    shown: 'valid → expiring, and what else there was to read',
    secrets: ['canary-client-secret', 'canary-refresh-token', 'canary-access-token'],
  }
}

function sent(at: number, generation: number, status: number | null = 200): Call['sends'] {
  const leftAt = START + at * SECOND
  return [{ leftAt, generation, answeredAt: status === null ? null : leftAt + 5, status }]
}

/** Sent, refused, and sent once more with the next token. */
function refusedOnce(at: number): Call['sends'] {
  return [...sent(at, 4, 401), ...sent(at + 0.2, 5)]
}
