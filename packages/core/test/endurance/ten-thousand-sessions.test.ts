import { beforeAll, describe, expect, it } from 'vitest'
import type { TenThousandSessions } from './children/ten-thousand-sessions.ts'
import { growth, runChild } from './run-child.ts'

describe('ten thousand sessions, used in every way and disposed', () => {
  let report: TenThousandSessions
  beforeAll(async () => {
    report = await runChild<TenThousandSessions>(new URL('./children/ten-thousand-sessions.ts', import.meta.url))
  }, 150_000)

  it('end as they should', () => {
    expect(report.made).toBeGreaterThan(10_000)
    const times = report.made / 9 // one of the eight uses takes two sessions
    expect(report.ends).toEqual({
      'asked: token': times,
      'followed: 3 completed': times,
      'neverUsed: nothing': times,
      'failed: token-unavailable': times,
      'signedOut: signed-out': times,
      'disposedWhileAsking: disposed': times,
      'leftWhileAsking: changed my mind, 0 listeners': times,
      'adopting: the same token': times,
    })
  })

  it('P12 share one timer of the platform, and leave none', () => {
    expect(report.timers).toEqual({ live: 1, disposed: 0 })
    expect(new Set(report.live.map(({ timers }) => timers))).toEqual(new Set([1]))
  })

  it('P12 leave no lease, no watch, no subscriber and no listener', () => {
    const nothing = { timers: 0, watches: 0, leases: 0, sourceSubscribers: 0, signalListeners: 0, processListeners: 0 }
    for (const held of report.disposed) expect(held).toEqual(nothing)
    for (const held of report.live) {
      expect(held).toMatchObject({ leases: 0, signalListeners: 0, processListeners: 0 })
      expect(held.watches).toBeGreaterThan(100)
      expect(held.sourceSubscribers).toBe(held.watches)
    }
  })

  it('P12 leave the heap as it was, with no session in it', () => {
    const { before, live, disposed } = report.objects
    expect(live.sessions).toBeGreaterThan(200)
    expect(live.subscribers).toBeGreaterThan(before.subscribers)
    expect(disposed).toEqual(before)
    expect(growth(report.heap)).toBeLessThan(1.05)
  })
})
