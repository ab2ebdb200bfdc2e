import { createSession, type AccessToken, type TokenSession } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries, VirtualClock } from '@evergrant/testing'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { observeSession } from '../src/opentelemetry.ts'
import { tastytrade } from '../src/tastytrade.ts'

/** A session on the fake, and the real SDK in memory. */
function createScene() {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server })
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const session = createSession({
    provider: tastytrade({ fetch: fake.fetch }),
    credentials: fake.credentials,
    clock,
    random: () => 0.5,
  })

  /** The points of one instrument as they stand now, by what tells them apart. */
  async function read(name: string): Promise<Record<string, unknown>> {
    exporter.reset()
    await reader.forceFlush()
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }): DataPoint<unknown>[] => dataPoints)
    return Object.fromEntries(
      points.map(({ attributes, value }) => {
        const by = ['evergrant.outcome', 'error.type', 'evergrant.state'].flatMap((key) => attributes[key] ?? [])
        return [by.join(' '), typeof value === 'number' ? value : (value as { count: number }).count]
      }),
    )
  }

  return {
    clock,
    fake,
    session,
    spans,
    read,
    exported: () => exporter.getMetrics(),
    observe: () => observeSession(session, { meterProvider, tracerProvider, clock, attributes: { bot: 'a' } }),
    async close() {
      const end = session.dispose()
      await clock.advance(60_000)
      await end
      await meterProvider.shutdown()
    },
  }
}

async function tokenWithin(clock: VirtualClock, session: TokenSession, ms: number): Promise<unknown> {
  const asked = session.getToken({ maxWait: ms }).catch((error: unknown) => error)
  await clock.advance(ms)
  return asked
}

describe('observeSession()', () => {
  let scene: ReturnType<typeof createScene>
  beforeEach(() => (scene = createScene()))
  afterEach(() => scene.close())

  it('counts exchanges by their outcome, and by the code where they failed', async () => {
    scene.observe()
    scene.fake.fail('server-error', { times: 1 })
    await tokenWithin(scene.clock, scene.session, 30_000)
    expect(await scene.read('evergrant.refreshes')).toEqual({ 'transient token-request-failed': 1, granted: 1 })
    expect(await scene.read('evergrant.refresh.duration')).toEqual({ transient: 1, granted: 1 })
    expect(await scene.read('evergrant.lease.wait')).toEqual({ '': 2 })
  })

  it('shows the state, and how long the token lives', async () => {
    scene.observe()
    expect(await scene.read('evergrant.token.time_to_expiry')).toEqual({})
    await scene.session.getToken()
    await scene.clock.advance(100_000)
    expect(await scene.read('evergrant.token.time_to_expiry')).toEqual({ '': 800 })
    const states = await scene.read('evergrant.session.state')
    expect(Object.entries(states).filter(([, value]) => value === 1)).toEqual([['valid', 1]])
    expect(Object.keys(states)).toHaveLength(7)
  })

  it('shows how many failed logins the budget allows, as of the last token request', async () => {
    scene.observe()
    expect(await scene.read('evergrant.login_budget.left')).toEqual({})
    scene.fake.fail('grant-revoked')
    await tokenWithin(scene.clock, scene.session, 10_000)
    expect(await scene.read('evergrant.login_budget.left')).toEqual({ '': 2 })
  })

  it('counts tokens that were refused', async () => {
    scene.observe()
    scene.session.reportRejected(await scene.session.getToken())
    await scene.clock.advance(10_000)
    expect(await scene.read('evergrant.tokens.rejected')).toEqual({ '': 1 })
  })

  it('makes one span of each exchange, with its steps and its end', async () => {
    scene.observe()
    scene.fake.fail('server-error', { times: 1 })
    await tokenWithin(scene.clock, scene.session, 30_000)
    const [failed, granted] = scene.spans.getFinishedSpans()
    expect(scene.spans.getFinishedSpans()).toHaveLength(2)
    expect(failed?.attributes).toMatchObject({
      bot: 'a',
      'evergrant.account': 'default',
      'evergrant.attempt': 1,
      'evergrant.outcome': 'transient',
      'error.type': 'token-request-failed',
    })
    expect([failed?.status.code, granted?.status.code]).toEqual([2, 0])
    expect(granted?.events.map(({ name }) => name)).toEqual([
      'lease',
      'read',
      'admitted',
      'journaled',
      'answered',
      'saved',
      'settled',
      'released',
    ])
  })

  it('P11 shows no secret to anybody who collects', async () => {
    scene.observe()
    scene.fake.fail('echo-secrets', { times: 2 })
    const token = await tokenWithin(scene.clock, scene.session, 60_000)
    const { clientSecret, refreshToken } = scene.fake.credentials
    const canaries = plantCanaries()
    canaries.note('client secret', clientSecret)
    canaries.note('refresh token', refreshToken)
    canaries.note('access token', (token as AccessToken).value)
    await scene.read('evergrant.refreshes')
    const spans = scene.spans
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
    expect(spans.length).toBeGreaterThan(1)
    expectNoCanary([spans, scene.exported()], canaries)
  })

  it('P12 stops when it is disposed of, and with the session', async () => {
    const observation = scene.observe()
    await scene.session.getToken()
    observation[Symbol.dispose]()
    const refreshed = scene.session.refresh({ force: true })
    await scene.clock.advance(30_000)
    await refreshed
    expect(scene.spans.getFinishedSpans()).toHaveLength(1)
    expect(await scene.read('evergrant.session.state')).toEqual({})

    scene.observe()
    const end = scene.session.dispose()
    await scene.clock.advance(60_000)
    await end
    expect(await scene.read('evergrant.session.state')).toEqual({})
  })
})
