import { SpanKind, SpanStatusCode, type Attributes, type Span, type Tracer } from '@opentelemetry/api'
import type { ObservedSession } from '../opentelemetry.ts'

/** One span for each exchange; a session has one at a time. */
export function recordSpans(session: ObservedSession, tracer: Tracer, attributes: Attributes): Disposable {
  let span: Span | null = null

  function end(outcome: string, code: string | null, at: number): void {
    span?.setAttribute('evergrant.outcome', outcome)
    if (code !== null) {
      span?.setAttribute('error.type', code)
      span?.setStatus({ code: SpanStatusCode.ERROR })
    }
    span?.end(at)
  }

  const events = session.events$.subscribe((event) => {
    if (event.type === 'refresh-started') {
      span?.end(event.at)
      span = tracer.startSpan('evergrant.exchange', {
        kind: SpanKind.INTERNAL,
        startTime: event.at,
        attributes: { ...attributes, 'evergrant.attempt': event.attempt },
      })
    }
    if (event.type === 'exchange-step') span?.addEvent(event.step, event.at)
    if (event.type === 'refresh-ended') {
      end(event.outcome, event.code, event.at)
      span = null
    }
  })

  return {
    [Symbol.dispose]() {
      events.unsubscribe()
      span?.end()
      span = null
    },
  }
}
