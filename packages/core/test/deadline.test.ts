import { getEventListeners } from 'node:events'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { withDeadline } from '../src/time/deadline.ts'
import { createTimeline } from '../src/time/timeline.ts'

const never = () => new Promise<never>(() => undefined)
const late = new Error('too late')

function createBound() {
  const clock = new VirtualClock()
  const timeline = createTimeline(clock)
  const run = <T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal) =>
    withDeadline(timeline, { ms: 500, reason: () => late, signal }, work)
  return { clock, run }
}

describe('work with a deadline', () => {
  it('gives what it came to, and leaves no alarm', async () => {
    const { clock, run } = createBound()
    expect(await run(() => Promise.resolve('done'))).toBe('done')
    const fault = new Error('of the work')
    await expect(run(() => Promise.reject(fault))).rejects.toBe(fault)
    expect(clock.pending).toBe(0)
  })

  it('P12 ends at its time though it does not heed its signal', async () => {
    const { clock, run } = createBound()
    const signals: AbortSignal[] = []
    let ended: unknown = null
    void run((signal) => {
      signals.push(signal)
      return never()
    }).catch((error: unknown) => (ended = error))
    await clock.advance(499)
    expect([ended, signals[0]?.aborted]).toEqual([null, false])
    await clock.advance(1)
    expect([ended, signals[0]?.aborted, signals[0]?.reason]).toEqual([late, true, late])
  })

  it('P12 ends sooner with the reason of its own signal', async () => {
    const { clock, run } = createBound()
    const controller = new AbortController()
    const signals: AbortSignal[] = []
    const running = run((signal) => {
      signals.push(signal)
      return never()
    }, controller.signal)
    const reason = new Error('not any more')
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect([signals[0]?.reason, clock.pending]).toEqual([reason, 0])
  })

  it('P12 leaves nothing on a signal, neither its own nor the one that it is given', async () => {
    const { clock, run } = createBound()
    for (const ends of ['by itself', 'by its signal', 'by its deadline'] as const) {
      const controller = new AbortController()
      const signals = [controller.signal]
      const running = run((signal) => {
        signals.push(signal)
        return ends === 'by itself' ? Promise.resolve() : never()
      }, controller.signal).catch(() => undefined)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
      if (ends === 'by its signal') controller.abort()
      await clock.advance(500)
      await running
      const left = signals.filter(({ aborted }) => aborted).concat(controller.signal)
      expect(left.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([])
    }
  })

  it('does not begin with a signal that is aborted', async () => {
    const { clock, run } = createBound()
    const reason = new Error('not any more')
    let begun = false
    const work = async () => void (begun = true)
    await expect(run(work, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect([begun, clock.pending]).toEqual([false, 0])
  })

  it('that has ended is not told of an abort that comes later', async () => {
    const { run } = createBound()
    const controller = new AbortController()
    const signals: AbortSignal[] = []
    await run(async (signal) => void signals.push(signal), controller.signal)
    controller.abort()
    expect(signals[0]?.aborted).toBe(false)
  })
})
