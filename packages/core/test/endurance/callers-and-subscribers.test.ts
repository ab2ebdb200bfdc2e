import { describe, expect, it } from 'vitest'
import type { CallersAndSubscribers } from './children/callers-and-subscribers.ts'
import { growth, runChild } from './run-child.ts'

describe('crowds of callers and subscribers on one session', () => {
  it('P12 leave neither a listener nor a subscriber, an alarm or a byte behind', async () => {
    const program = new URL('./children/callers-and-subscribers.ts', import.meta.url)
    const report = await runChild<CallersAndSubscribers>(program)
    expect(report).toMatchObject({
      left: 100_000,
      answered: 100_000,
      dismissed: 1_000,
      longLivedSignal: { mostListeners: 1_000, listenersAtEnd: 0 },
      ownSignals: { mostListeners: 1, listenersAtEnd: 0 },
      // Each is told of the present value where there is one, and of what comes until it unsubscribes.
      told: { token$: 20_000, status$: 20_000, subscribe: 10_000 },
      subscribers: { atEnd: report.subscribers.before },
      // One for each who waits, and one for the request.
      alarms: { most: 2_001, atEnd: 0 },
    })
    expect(report.subscribers.withCrowd).toBeGreaterThanOrEqual(report.subscribers.before + 300)
    expect(growth(report.heap)).toBeLessThan(1.05)
  }, 150_000)
})
