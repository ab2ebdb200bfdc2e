import { VirtualClock } from '@evergrant/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeline } from '../../src/time/timeline.ts'
import { cases } from '../support/fuzz.ts'

const DAY = 86_400_000

/** What happens to a machine and its clock between two answers of a server. */
type Move =
  | { readonly type: 'passes'; readonly ms: number }
  | { readonly type: 'wall clock set'; readonly ms: number }
  | { readonly type: 'answer'; readonly date: number; readonly took: number }

const aDate = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }),
  fc.double(),
)
const aMove: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ type: fc.constant('passes' as const), ms: fc.integer({ min: 0, max: DAY }) }),
  fc.record({ type: fc.constant('wall clock set' as const), ms: fc.integer({ min: -DAY, max: DAY }) }),
  fc.record({ type: fc.constant('answer' as const), date: aDate, took: fc.integer({ min: 0, max: 60_000 }) }),
)

describe('the time of a session', () => {
  it('P15 only moves forward, by what has passed, whatever is set and whatever a server says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aMove, { maxLength: 20 }), async (moves) => {
        const clock = new VirtualClock()
        const timeline = createTimeline(clock)
        const begun = timeline.now()
        let passed = 0
        for (const move of moves) {
          if (move.type === 'passes') {
            await clock.advance(move.ms)
            passed += move.ms
          } else if (move.type === 'wall clock set') {
            const { ms } = move
            if (ms < 0) clock.setBack(-ms)
            else clock.setForward(ms)
          } else {
            timeline.observe(move.date, timeline.now() - move.took, timeline.now())
          }
          expect(timeline.now()).toBe(begun + passed)
          expect(Number.isInteger(timeline.offset)).toBe(true)
        }
      }),
      cases(100),
    )
  })

  it('P15 is the same moment there and back, on the line of any server', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.integer({ min: 0, max: 5_000 }), (date, took) => {
        const timeline = createTimeline(new VirtualClock())
        const now = timeline.now()
        timeline.observe(date, now - took, now)
        expect(timeline.fromShared(timeline.toShared(now))).toBe(now)
        // A date has whole seconds, and was written some time while the request was under way.
        expect(Math.abs(timeline.toShared(now) - date)).toBeLessThanOrEqual(took + 2_000)
      }),
      cases(1_000),
    )
  })

  it('P15 takes nothing from a slow answer, nor from one without a date that means something', () => {
    const slow = fc.integer({ min: 5_001, max: DAY })
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(aDate, slow), fc.tuple(fc.constantFrom(NaN, Infinity, -Infinity), fc.nat())),
        ([date, took]) => {
          const timeline = createTimeline(new VirtualClock())
          timeline.observe(date, timeline.now() - took, timeline.now())
          expect([timeline.offset, timeline.synchronized]).toEqual([0, false])
        },
      ),
      cases(500),
    )
  })
})
