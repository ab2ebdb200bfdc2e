import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAlarmQueue } from '../../src/time/alarm-queue.ts'
import { cases } from '../support/fuzz.ts'
import { handMadeClock } from '../support/hand-made-clock.ts'

const aTime = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noNaN: true }),
  fc.constantFrom(Infinity, -Infinity, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER),
)

/** Also of times without end, whose difference is none. */
const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)

describe('alarms at any times', () => {
  it('P16 come in the order of their times, the earlier set first among equals, each once', () => {
    fc.assert(
      fc.property(fc.array(aTime, { maxLength: 200, size: 'max' }), (times) => {
        const queue = createAlarmQueue()
        const fired: number[] = []
        for (const [index, at] of times.entries()) queue.add(at, () => fired.push(index), index % 3 === 0)
        expect(queue.next()).toBe(times.length === 0 ? undefined : Math.min(...times))
        for (let run = queue.take(Infinity); run !== undefined; run = queue.take(Infinity)) run()
        const order = [...times.keys()].toSorted((a, b) => compare(times[a]!, times[b]!) || a - b)
        expect(fired).toEqual(order)
        expect([queue.size, queue.held, queue.next()]).toEqual([0, 0, undefined])
      }),
      cases(200),
    )
  })

  it('P12 share one timer of at most 30 s, and none comes early', () => {
    const soon = fc.integer({ min: 0, max: 200_000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(soon, fc.boolean()), { maxLength: 30 }), (alarms) => {
        const made = handMadeClock()
        const early: number[] = []
        let fired = 0
        const start = made.clock.monotonic()
        const handles = alarms.map(([after]) =>
          made.clock.alarm(start + after, () => {
            fired += 1
            if (made.clock.monotonic() < start + after) early.push(after)
          }),
        )
        const cancelled = alarms.filter(([, cancels]) => cancels).length
        for (const [index, [, cancels]] of alarms.entries()) if (cancels) handles[index]![Symbol.dispose]()
        while (made.fire());
        expect(fired).toBe(alarms.length - cancelled)
        expect(early).toEqual([])
        expect(made.most).toBeLessThanOrEqual(1)
        expect(made.delays.every((delay) => delay >= 0 && delay <= 30_000)).toBe(true)
      }),
      cases(200),
    )
  })
})
