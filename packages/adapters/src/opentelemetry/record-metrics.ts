import { sessionStates, type Clock } from '@evergrant/core'
import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api'
import type { ObservedSession } from '../opentelemetry.ts'

const SECOND = 1_000

/** Counts what happens, and lets what is be read whenever somebody collects. */
export function recordMetrics(
  session: ObservedSession,
  meter: Meter,
  attributes: Attributes,
  clock: Pick<Clock, 'now'>,
): Disposable {
  const refreshes = meter.createCounter('evergrant.refreshes', {
    unit: '{refresh}',
    description: 'Exchanges that ended, by outcome',
  })
  const duration = meter.createHistogram('evergrant.refresh.duration', {
    unit: 's',
    description: 'How long an exchange took',
  })
  const leaseWait = meter.createHistogram('evergrant.lease.wait', {
    unit: 's',
    description: 'How long an exchange waited for its turn',
  })
  const rejected = meter.createCounter('evergrant.tokens.rejected', {
    unit: '{token}',
    description: 'Tokens that a server refused before their end',
  })
  const timeToExpiry = meter.createObservableGauge('evergrant.token.time_to_expiry', {
    unit: 's',
    description: 'How long the present token lives',
  })
  const state = meter.createObservableGauge('evergrant.session.state', {
    description: '1 for the present state of the session',
  })

  const loginsLeft = meter.createObservableGauge('evergrant.login_budget.left', {
    unit: '{login}',
    description: 'Failed logins that the budget of the issuer allows for now',
  })

  let startedAt: number | null = null
  let left: number | null = null
  const events = session.events$.subscribe((event) => {
    if (event.type === 'refresh-started') startedAt = event.at
    if (event.type === 'exchange-step' && event.step === 'lease' && startedAt !== null) {
      leaseWait.record((event.at - startedAt) / SECOND, attributes)
      startedAt = null
    }
    if (event.type === 'refresh-ended') {
      const { outcome, code, took } = event
      const by = { ...attributes, 'evergrant.outcome': outcome }
      duration.record(took / SECOND, by)
      refreshes.add(1, code === null ? by : { ...by, 'error.type': code })
    }
    if (event.type === 'login-budget') ({ left } = event)
    if (event.type === 'token-rejected') rejected.add(1, attributes)
  })

  const observeExpiry = (result: ObservableResult): void => {
    const { usable, expiresAt } = session.getSnapshot()
    if (usable && expiresAt !== null) result.observe((expiresAt - clock.now()) / SECOND, attributes)
  }
  const observeState = (result: ObservableResult): void => {
    const present = session.getSnapshot().state
    for (const one of sessionStates) result.observe(one === present ? 1 : 0, { ...attributes, 'evergrant.state': one })
  }
  const observeBudget = (result: ObservableResult): void => {
    if (left !== null) result.observe(left, attributes)
  }
  timeToExpiry.addCallback(observeExpiry)
  loginsLeft.addCallback(observeBudget)
  state.addCallback(observeState)

  return {
    [Symbol.dispose]() {
      events.unsubscribe()
      timeToExpiry.removeCallback(observeExpiry)
      loginsLeft.removeCallback(observeBudget)
      state.removeCallback(observeState)
    },
  }
}
