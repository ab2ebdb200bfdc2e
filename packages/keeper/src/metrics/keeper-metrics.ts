import { sessionStates, type PoolEvent, type SessionState } from '@evergrant/core'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { BUCKETS, createDurations } from './durations.ts'

/** Counts the requests of one route. What it needs is looked up once for each status, not for each request. */
export interface RouteMeter {
  /** `took` in ms. */
  count(method: string, status: number, took: number): void
}

type TokenOutcome = 'ready' | 'waited' | 'failed'

/** What is measured, in the text format of Prometheus. No account is named: names are many, and nobody's business. */
export interface KeeperMetrics {
  route(path: string): RouteMeter
  token(outcome: TokenOutcome): void
  /** Callers that wait for a token: told of each that begins (1) and ends (-1). */
  waiting(change: 1 | -1): void
  streams(change: 1 | -1): void
  keyRejected(code: string): void
  auditFailed(): void
  /** Told of everything that happens to the accounts. */
  happened(event: PoolEvent): void
  text(): Promise<string>
  readonly contentType: string
}

/** What has come together since the metrics were read last. */
interface Tally {
  readonly counter: Counter.Internal
  count: number
}

/** Looked at whenever the metrics are read. */
export interface MetricsSources {
  /** The states of the accounts that are awake. */
  readonly states: () => Iterable<SessionState>
  /** How many failed logins the issuer's budget still allows for. Rejects where the store does not answer. */
  readonly budgetLeft: () => Promise<number>
  readonly draining: () => boolean
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
export function createMetrics({ states, budgetLeft, draining }: MetricsSources): KeeperMetrics {
  /** Counted here and handed on when somebody looks: the library takes a microsecond for each, a hundredth of a core. */
  const tallies = new Set<Tally>()
  function flush(): void {
    for (const tally of tallies) {
      if (tally.count > 0) tally.counter.inc(tally.count)
      tally.count = 0
    }
  }
  function newTally(counter: Counter.Internal): Tally {
    const tally = { counter, count: 0 }
    tallies.add(tally)
    return tally
  }

  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })

  const requests = new Counter({
    name: 'evergrant_http_requests_total',
    help: 'Requests answered, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    registers,
    collect: () => flush(),
  })
  const durations = createDurations('evergrant_http_request_duration_seconds', 'Time until a request was answered.')
  const tokens = new Counter({
    name: 'evergrant_token_requests_total',
    help: 'Callers that asked for a token: it was ready, they waited for it, or there was none.',
    labelNames: ['outcome'],
    registers,
    collect: () => flush(),
  })
  const waiters = new Gauge({ name: 'evergrant_token_waiters', help: 'Callers that wait for a token.', registers })
  const openStreams = new Gauge({ name: 'evergrant_event_streams', help: 'Open streams of events.', registers })
  const rejections = new Counter({
    name: 'evergrant_key_rejections_total',
    help: 'Requests without a good API key.',
    labelNames: ['code'],
    registers,
  })
  const auditFailures = new Counter({
    name: 'evergrant_audit_failures_total',
    help: 'Entries that the audit log did not take.',
    registers,
  })
  const refreshes = new Counter({
    name: 'evergrant_refreshes_total',
    help: 'Refreshes that ended, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  const refreshTimes = new Histogram({
    name: 'evergrant_refresh_seconds',
    help: 'Time from the start of a refresh to its end, the wait for a turn included.',
    buckets: [...BUCKETS],
    registers,
  })
  const storeFailures = new Counter({
    name: 'evergrant_store_failures_total',
    help: 'Times that the store failed a session.',
    registers,
  })
  void new Gauge({
    name: 'evergrant_accounts',
    help: 'Accounts that are awake, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = new Map<SessionState, number>(sessionStates.map((state) => [state, 0]))
      for (const state of states()) counts.set(state, (counts.get(state) ?? 0) + 1)
      for (const [state, count] of counts) this.set({ state }, count)
    },
  })
  void new Gauge({
    name: 'evergrant_login_budget_left',
    help: 'Failed logins that the budget of the issuer still allows for.',
    registers,
    async collect() {
      try {
        this.set(await budgetLeft())
      } catch {
        // The last known value stays; evergrant_store_failures_total and /readyz tell of the store.
      }
    },
  })
  void new Gauge({
    name: 'evergrant_draining',
    help: '1 while this replica is going down.',
    registers,
    collect() {
      this.set(draining() ? 1 : 0)
    },
  })

  const byOutcome: Readonly<Record<TokenOutcome, Tally>> = {
    ready: newTally(tokens.labels('ready')),
    waited: newTally(tokens.labels('waited')),
    failed: newTally(tokens.labels('failed')),
  }

  return {
    contentType: register.contentType,
    route(path) {
      const duration = durations.of(path)
      const byMethod = new Map<string, Map<number, Tally>>()
      return {
        count(given, status, took) {
          const method = METHODS.has(given) ? given : 'OTHER'
          const byStatus = byMethod.get(method) ?? new Map<number, Tally>()
          byMethod.set(method, byStatus)
          const tally = byStatus.get(status) ?? newTally(requests.labels(path, method, String(status)))
          byStatus.set(status, tally)
          tally.count += 1
          duration.observe(took / 1000)
        },
      }
    },
    token(outcome) {
      byOutcome[outcome].count += 1
    },
    waiting: (change) => waiters.inc(change),
    streams: (change) => openStreams.inc(change),
    keyRejected: (code) => rejections.labels(code).inc(),
    auditFailed: () => auditFailures.inc(),
    happened({ event }) {
      if (event.type === 'store-failed') storeFailures.inc()
      if (event.type !== 'refresh-ended') return
      refreshes.labels(event.outcome).inc()
      refreshTimes.observe(event.took / 1000)
    },
    text: async () => `${await register.metrics()}\n${durations.text()}`,
  }
}
