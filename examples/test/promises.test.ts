import { describe, expect, it } from 'vitest'
import type { Evidence, Moment, SpanName } from '../bot/tour/evidence.ts'
import { PROMISES } from '../bot/tour/promises.ts'
import { summarize } from '../bot/tour/summary.ts'
import { apiRequest, call, tokenRequest, wholeTour } from './support/whole-tour.ts'

type Spoil = (tour: Evidence) => Partial<Evidence>

function broken(evidence: Evidence): string[] {
  return PROMISES.filter(({ check }) => !check(evidence).held).map(({ id }) => id)
}

/** The same tour with a request put in right where a span begins. */
function requestIn(name: SpanName, request: Evidence['requests'][number]): Spoil {
  return ({ requests, spans }) => {
    const begin = spans.find((span) => span.name === name)!.from
    const shift = (moment: Moment): Moment => {
      const after = moment.requests >= begin.requests && moment.at > begin.at
      return after ? { ...moment, requests: moment.requests + 1 } : moment
    }
    return {
      requests: requests.toSpliced(begin.requests, 0, request),
      spans: spans.map((span) => ({ ...span, from: shift(span.from), to: span.to && shift(span.to) })),
    }
  }
}

function inEachSpan(name: SpanName, change: Partial<Evidence['calls'][number]>): Spoil {
  return ({ calls, spans }) => {
    const { from, to } = spans.find((span) => span.name === name)!
    return {
      calls: calls.map((one, index) => (index >= from.calls && index < to!.calls ? { ...one, ...change } : one)),
    }
  }
}

const withoutRestarts: Spoil = ({ spans }) => ({
  spans: spans.map((span) => ({
    ...span,
    from: { ...span.from, restarts: 0 },
    to: span.to && { ...span.to, restarts: 0 },
  })),
})

const SPOILS: Readonly<Record<string, readonly Spoil[]>> = {
  P1: [() => ({ peakInFlight: 2 }), () => ({ peakInFlight: 0 })],
  P2: [requestIn('dead', tokenRequest(55, { outcome: 'grant-revoked' })), withoutRestarts],
  P3: [
    () => ({ failedLogins: 4 }),
    () => ({ failedLogins: 0 }),
    requestIn('ordinary', apiRequest(1, { outcome: 'blocked' })),
  ],
  P4: [
    requestIn('blocked', tokenRequest(49, { outcome: 'blocked' })),
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, credential: true })) }),
    withoutRestarts,
  ],
  P5: [
    ({ calls }) => ({ calls: [...calls, call(10, { generation: 1 })] }),
    ({ calls }) => ({ calls: [...calls, call(22, { generation: 4 })] }),
    ({ calls }) => ({ calls: [...calls, call(22, { generation: 99 })] }),
    ({ tokens }) => ({ tokens: tokens.map((token) => ({ ...token, publishedAt: token.expiresAt })) }),
  ],
  P6: [
    ({ calls }) => ({ calls: [...calls, call(1, { leftAtOnce: false })] }),
    inEachSpan('rate-limited', { hadToken: false, leftAtOnce: false }),
  ],
  P9: [
    () => ({ states: ['valid', 'revoked', 'valid', 'blocked'] }),
    inEachSpan('unavailable', { result: 'token-unavailable' }),
    requestIn('rate-limited', tokenRequest(26.5, { status: 429, outcome: 'rate-limited' })),
    ({ requests }) => ({ requests: requests.map((one) => (one.status === 503 ? { ...one, status: 200 } : one)) }),
  ],
  P10: [
    requestIn('invalidated', tokenRequest(21.05)),
    inEachSpan('invalidated', { result: 'status 401' }),
    ({ calls }) => ({ calls: calls.map((one) => ({ ...one, sends: [...one.sends, ...one.sends] })) }),
  ],
  P11: [() => ({ shown: 'Bearer canary-access-token' }), () => ({ secrets: [] })],
  P12: [
    ({ calls }) => ({ calls: [...calls, call(30, { endedAt: null, result: null })] }),
    ({ calls, to }) => ({ calls: [...calls, call(30, { endedAt: to, result: 'no answer' })] }),
  ],
  P13: [requestIn('restart', tokenRequest(39.5)), ({ requests }) => ({ requests: [...requests, tokenRequest(57.6)] })],
  P15: [
    ({ tokens }) => ({ tokens: tokens.map((token) => ({ ...token, publishedAt: token.publishedAt / 2 })) }),
    ({ tokens }) => ({
      tokens: tokens.map((token, index) => ({ ...token, publishedAt: token.publishedAt + index * 5_000 })),
    }),
  ],
  bot: [
    ({ calls }) => ({ calls: [...calls, call(30, { result: 'no answer' })] }),
    ({ calls }) => ({ calls: [...calls, call(43, { result: 'token-unavailable' })] }),
    ({ calls }) => ({ calls: [...calls, call(10, { result: 'status 401' })] }),
  ],
}

describe('the judgement of a tour', () => {
  it('finds that every promise held on a tour without a fault', () => {
    expect(broken(wholeTour())).toEqual([])
    expect(summarize(wholeTour(), true)).toMatchObject({
      held: true,
      seconds: 60,
      failures: { seen: 2, serverSilent: 1, grantRevoked: 1, avoidable: 0 },
      waited: { requests: 4 },
      failedLogins: 1,
      restarts: 5,
    })
  })

  it('knows a way to break each promise', () => {
    expect(Object.keys(SPOILS)).toEqual(PROMISES.map(({ id }) => id))
  })

  for (const [id, spoils] of Object.entries(SPOILS)) {
    it(`finds ${id} broken when it is`, () => {
      for (const spoil of spoils) {
        const tour = wholeTour()
        expect(broken({ ...tour, ...spoil(tour) })).toContain(id)
      }
    })
  }

  it('holds nothing for kept that a tour did not come to', () => {
    const { from, to, ...tour } = wholeTour()
    const untried = broken({ ...tour, from, to, spans: [] })
    expect(untried).toEqual(['P2', 'P3', 'P4', 'P6', 'P9', 'P10', 'P13', 'P15', 'bot'])
    const nothing = { ...tour, from, to, spans: [], requests: [], calls: [], tokens: [], peakInFlight: 0, shown: '' }
    expect(broken(nothing)).toEqual(PROMISES.map(({ id }) => id))
  })

  it('does not call a tour a success that broke off', () => {
    expect(summarize(wholeTour(), false).held).toBe(false)
  })
})
