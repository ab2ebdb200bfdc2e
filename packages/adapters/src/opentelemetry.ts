import { systemClock, type Clock, type TokenSession } from '@evergrant/core'
import { metrics, trace, type Attributes, type MeterProvider, type TracerProvider } from '@opentelemetry/api'
import { recordMetrics } from './opentelemetry/record-metrics.ts'
import { recordSpans } from './opentelemetry/record-spans.ts'
import { VERSION } from './version.ts'

export interface ObserveOptions {
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider
  /** Added to all measurements and spans. Nothing secret belongs here. */
  readonly attributes?: Attributes
  /** Default: the clock of this process. */
  readonly clock?: Pick<Clock, 'now'>
}

export type ObservedSession = Pick<TokenSession, 'account' | 'provider' | 'getSnapshot' | 'events$' | 'status$'>

const SCOPE = '@evergrant/adapters/opentelemetry'

/**
 * Measures and traces a session with OpenTelemetry; names follow its conventions, times are in seconds.
 *
 * | instrument | kind | what |
 * | --- | --- | --- |
 * | `evergrant.refreshes` | counter | exchanges that ended, by `evergrant.outcome`, and by `error.type` where they failed |
 * | `evergrant.refresh.duration` | histogram | how long they took, by `evergrant.outcome` |
 * | `evergrant.lease.wait` | histogram | how long they waited for their turn among those who share the store |
 * | `evergrant.token.time_to_expiry` | gauge | of the present token; nothing while there is none |
 * | `evergrant.session.state` | gauge | 1 for the present `evergrant.state`, 0 for the others |
 * | `evergrant.tokens.rejected` | counter | tokens that a server refused before their end |
 *
 * Each exchange is a span `evergrant.exchange` with an event for each of its steps. All carry `evergrant.account` and
 * `evergrant.issuer`; none carries a token or a credential. Ends with the session, or when it is disposed of.
 */
export function observeSession(session: ObservedSession, options: ObserveOptions = {}): Disposable {
  const { meterProvider = metrics.getMeterProvider(), tracerProvider = trace.getTracerProvider() } = options
  const { clock = systemClock } = options
  const attributes: Attributes = {
    ...options.attributes,
    'evergrant.account': session.account,
    'evergrant.issuer': session.provider.issuer,
  }
  const resources = new DisposableStack()
  resources.use(recordMetrics(session, meterProvider.getMeter(SCOPE, VERSION), attributes, clock))
  resources.use(recordSpans(session, tracerProvider.getTracer(SCOPE, VERSION), attributes))
  session.status$.subscribe({ complete: () => resources.dispose() })
  return resources
}
