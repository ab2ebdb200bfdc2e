import type { TastytradeClient } from '@evergrant/adapters/tastytrade'
import type { SessionState } from '@evergrant/core'
import type { FakeCredentials, FakeTastytrade } from '@evergrant/testing'
import type { Evidence, Moment, SpanName, TokenFacts } from './evidence.ts'
import { LIFETIME, SERVER_AHEAD } from './pace.ts'
import type { Traffic } from './traffic.ts'

/** Takes down what the promises are judged by. */
export interface Notebook {
  /** Begins to note something; call the result when it is over. */
  readonly note: (name: SpanName) => () => void
  noteRestart(): void
  /** Notes secrets that must be seen nowhere. */
  noteSecrets(credentials: FakeCredentials): void
  /** Follows what a session publishes, until it is disposed. */
  follow(session: TastytradeClient['session']): void
  /** `shown`: everything that anybody could have read. */
  evidence(shown: string): Evidence
}

export function createNotebook(fake: FakeTastytrade, traffic: Traffic): Notebook {
  const from = Date.now()
  const secrets = new Set<string>()
  const spans: { name: SpanName; from: Moment; to: Moment | null }[] = []
  const tokens = new Map<number, TokenFacts>()
  const states: SessionState[] = []
  let restarts = 0

  function moment(): Moment {
    const [requests, calls, changes] = [fake.requests.length, traffic.calls.length, states.length]
    return { at: Date.now(), requests, calls, restarts, changes }
  }

  return {
    note(name) {
      const span: (typeof spans)[number] = { name, from: moment(), to: null }
      spans.push(span)
      return () => {
        span.to = moment()
      }
    },
    noteRestart() {
      restarts += 1
    },
    noteSecrets({ clientSecret, refreshToken }) {
      secrets.add(clientSecret).add(refreshToken)
    },
    follow(session) {
      session.token$.subscribe((token) => {
        if (token === null || tokens.has(token.generation)) return
        secrets.add(token.value)
        // There is one spender, so the last grant is the one that brought this token.
        const granted = fake.requests.findLast(({ outcome }) => outcome === 'granted')
        const expiresAt = (granted?.at ?? 0) + LIFETIME * 1_000 - SERVER_AHEAD
        const { generation } = token
        tokens.set(generation, { generation, publishedAt: Date.now(), expiresAt })
      })
      session.subscribe(({ state }) => states.push(state))
    },
    evidence(shown) {
      const uses = [...fake.spent.values()]
      return {
        from,
        to: Date.now(),
        requests: fake.requests,
        calls: [...traffic.calls],
        spans: [...spans],
        tokens: [...tokens.values()],
        states: [...states],
        restarts,
        failedLogins: fake.failedLogins,
        credentials: uses.length,
        peakInFlight: Math.max(0, ...uses.map(({ peakOpen }) => peakOpen)),
        shown,
        secrets: [...secrets],
      }
    },
  }
}
