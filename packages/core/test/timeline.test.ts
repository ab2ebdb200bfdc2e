import { getEventListeners } from 'node:events'
import { VirtualClock } from '@evergrant/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/clock.ts'
import { createTimeline } from '../src/time/timeline.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const START = Date.UTC(2026, 2, 2, 14, 30)

function createLine({ skew = 0 } = {}) {
  const clock = new VirtualClock({ now: START, skew })
  return { clock, timeline: createTimeline(clock) }
}

/** A clock whose readings a test sets. */
function loose(wall: number, running: number) {
  const reading = { wall, running }
  const alarms: number[] = []
  const clock: Clock = {
    now: () => reading.wall,
    monotonic: () => reading.running,
    alarm(at) {
      alarms.push(at)
      return { [Symbol.dispose]: () => undefined }
    },
  }
  return { clock, reading, alarms }
}

describe('the line of a session', () => {
  it('P15 reads as the time of day, and runs on the monotonic clock', async () => {
    const { clock, timeline } = createLine()
    expect(timeline.now()).toBe(START)
    await clock.advance(HOUR)
    clock.setBack(5 * HOUR)
    expect(timeline.now()).toBe(START + HOUR)
    clock.setForward(50 * HOUR)
    expect(timeline.now()).toBe(START + HOUR)
    clock.sleep(HOUR)
    expect(timeline.now()).toBe(START + 2 * HOUR)
  })

  it('has whole ms, also where the platform has fractions', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (a, b) => {
          const { clock, reading } = loose(START + 0.25, a)
          const timeline = createTimeline(clock)
          const begun = timeline.now()
          reading.running += b
          expect(Number.isInteger(begun) && Number.isInteger(timeline.now())).toBe(true)
          expect(Math.abs(timeline.now() - begun - b)).toBeLessThanOrEqual(1)
          expect(Math.abs(begun - START)).toBeLessThanOrEqual(2)
        },
      ),
    )
  })

  it('an alarm finds its own time reached, whatever fractions there are', () => {
    const reals = fc.double({ min: 0, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(reals, reals, reals, (wall, running, at) => {
        const { clock, reading, alarms } = loose(wall, running)
        const timeline = createTimeline(clock)
        timeline.alarm(at, () => undefined)
        reading.running = alarms[0] ?? Number.NaN
        expect(timeline.now()).toBeGreaterThanOrEqual(at)
        expect(timeline.now()).toBeLessThan(at + 2)
      }),
    )
  })

  it('fires alarms at their time on this line', async () => {
    const { clock, timeline } = createLine({ skew: 2 * HOUR })
    const fired: number[] = []
    timeline.alarm(timeline.now() + 500, () => fired.push(timeline.now()))
    const cancelled = timeline.alarm(timeline.now() + 400, () => fired.push(0))
    cancelled[Symbol.dispose]()
    await clock.advance(499)
    expect(fired).toEqual([])
    await clock.advance(1)
    expect(fired).toEqual([START + 2 * HOUR + 500])
  })

  it('P12 holds the process for an alarm only if asked', () => {
    const { clock, timeline } = createLine()
    timeline.alarm(timeline.now() + 500, () => undefined)
    expect(clock.held).toBe(0)
    timeline.alarm(timeline.now() + 500, () => undefined, { hold: true })
    expect(clock.held).toBe(1)
  })
})

describe("the server's line", () => {
  it('is taken for this one until an answer has told', () => {
    const { timeline } = createLine({ skew: 2 * HOUR })
    expect([timeline.offset, timeline.synchronized]).toEqual([0, false])
    expect([timeline.toShared(5), timeline.fromShared(5)]).toEqual([5, 5])
  })

  it('P15 is known from the Date of an answer, whose seconds are cut', () => {
    const { timeline } = createLine({ skew: 2 * HOUR })
    const sentAt = timeline.now()
    // Written in the middle of the round trip; true time is 250 ms past the whole second.
    timeline.observe(START, sentAt, sentAt + 500)
    expect(timeline.offset).toBe(-2 * HOUR + 250)
    expect(timeline.synchronized).toBe(true)
    expect(timeline.toShared(sentAt)).toBe(START + 250)
    expect(timeline.fromShared(timeline.toShared(sentAt))).toBe(sentAt)
  })

  it('P15 is less than a second and a half off, however slow a usable answer is', () => {
    const skews = fc.integer({ min: -48 * HOUR, max: 48 * HOUR })
    const trip = fc.integer({ min: 0, max: 2_500 })
    fc.assert(
      fc.property(skews, trip, fc.integer({ min: 0, max: 999 }), (skew, half, ms) => {
        const { timeline } = createLine({ skew })
        const sentAt = timeline.now() + ms
        const written = START + ms + half
        timeline.observe(Math.floor(written / SECOND) * SECOND, sentAt, sentAt + 2 * half)
        const error = Math.abs(timeline.offset - -skew)
        // Within the tolerance the two clocks count as one.
        expect(error).toBeLessThanOrEqual(timeline.offset === 0 ? 2_500 : 501)
        expect(Number.isInteger(timeline.offset)).toBe(true)
      }),
    )
  })

  it.for([
    ['just below', 1_999, 0],
    ['at', 2_000, 2_000],
    ['just below, behind', -1_999, 0],
    ['at, behind', -2_000, -2_000],
  ] as const)('P15 a difference %s two seconds', ([, difference, offset]) => {
    const { timeline } = createLine()
    timeline.observe(START + difference - 500, START, START)
    expect(timeline.offset).toBe(offset)
    expect(timeline.synchronized).toBe(true)
  })

  it('P15 a small difference takes back an old large one', () => {
    const { timeline } = createLine()
    timeline.observe(START + HOUR, START, START)
    timeline.observe(START, START, START)
    expect(timeline.offset).toBe(0)
  })

  it('P15 is not read from an answer that took longer than five seconds', () => {
    const { timeline } = createLine()
    timeline.observe(START + HOUR, START, START + 5_001)
    expect([timeline.offset, timeline.synchronized]).toEqual([0, false])
    timeline.observe(START + HOUR, START, START + 5_000)
    expect([timeline.offset, timeline.synchronized]).toEqual([HOUR - 2_000, true])
  })

  it.for([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8.65e15, -1e300])(
    'is not read from a Date of %s',
    (date) => {
      const { timeline } = createLine()
      timeline.observe(date, START, START)
      expect([timeline.offset, timeline.synchronized]).toEqual([0, false])
    },
  )

  it('is read from the last Date that there is', () => {
    const { timeline } = createLine()
    timeline.observe(8.64e15, START, START)
    expect(timeline.synchronized).toBe(true)
  })

  it('P15 is guessed from an earlier run until the server has told', () => {
    const { timeline } = createLine()
    timeline.assume(HOUR)
    expect([timeline.offset, timeline.synchronized]).toEqual([HOUR, false])
    timeline.assume(-HOUR)
    expect(timeline.offset).toBe(-HOUR)
    timeline.observe(START + 3 * HOUR, START, START)
    timeline.assume(-HOUR)
    expect(timeline.offset).toBe(3 * HOUR + 500)
  })

  it('P15 is guessed from the middle of a question to the store', () => {
    const { timeline } = createLine()
    timeline.assumeStore(START + HOUR, START, START + 1_001)
    expect([timeline.offset, timeline.synchronized]).toEqual([HOUR - 500, false])
  })

  it('P15 is not guessed from a slow answer of the store once a quicker one has come', () => {
    const { timeline } = createLine()
    timeline.assumeStore(START + 3 * HOUR, START, START + 40_000)
    expect(timeline.offset).toBe(3 * HOUR - 20_000)
    timeline.assumeStore(START + 2 * HOUR, START, START + 20_000)
    expect(timeline.offset).toBe(2 * HOUR - 10_000)
    timeline.assumeStore(START, START, START + 20_001)
    expect(timeline.offset).toBe(2 * HOUR - 10_000)
  })

  it('P15 is guessed anew from each answer that is not slow', () => {
    const { timeline } = createLine()
    timeline.assumeStore(START + HOUR, START, START)
    timeline.assumeStore(START + 2 * HOUR, START, START + 5_000)
    expect(timeline.offset).toBe(2 * HOUR - 2_500)
    timeline.assumeStore(START + 3 * HOUR, START, START + 5_001)
    expect(timeline.offset).toBe(2 * HOUR - 2_500)
  })
})

describe('a wait', () => {
  it('ends at its time', async () => {
    const { clock, timeline } = createLine()
    let ended = false
    const waiting = timeline.wait(500, new AbortController().signal).then(() => (ended = true))
    await clock.advance(499)
    expect(ended).toBe(false)
    await clock.advance(1)
    await waiting
    expect([ended, clock.pending]).toEqual([true, 0])
  })

  it('P12 ends with the reason of its signal, and leaves no alarm', async () => {
    const { clock, timeline } = createLine()
    const controller = new AbortController()
    const waiting = timeline.wait(500, controller.signal, { hold: true })
    expect([clock.pending, clock.held]).toEqual([1, 1])
    const reason = new Error('not any more')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })

  it('P12 does not begin with a signal that is aborted', async () => {
    const { clock, timeline } = createLine()
    const reason = new Error('not any more')
    await expect(timeline.wait(500, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })

  it('P12 leaves nothing on a signal that outlives it, however it ends', async () => {
    const { clock, timeline } = createLine()
    const { signal } = new AbortController()
    const waiting = timeline.wait(500, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await clock.advance(500)
    await waiting
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const controller = new AbortController()
    const aborted = timeline.wait(500, controller.signal)
    controller.abort(new Error('not any more'))
    await expect(aborted).rejects.toThrow('not any more')
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})
