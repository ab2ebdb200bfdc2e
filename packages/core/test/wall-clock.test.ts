import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createTimeline } from '../src/time/timeline.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 2, 2, 14, 30)

function createLine() {
  const clock = new VirtualClock({ now: START })
  return { clock, timeline: createTimeline(clock) }
}

describe('the wall clock', () => {
  it('P15 that is set leaves what others begin with right: how far the server is ahead of it now', () => {
    const { clock, timeline } = createLine()
    timeline.observe(START + 3 * HOUR - 500, START, START)
    expect([timeline.offset, timeline.wallOffset]).toEqual([3 * HOUR, 3 * HOUR])
    clock.setForward(HOUR)
    expect([timeline.offset, timeline.wallOffset]).toEqual([3 * HOUR, 2 * HOUR])
    clock.setBack(3 * HOUR)
    expect([timeline.offset, timeline.wallOffset]).toEqual([3 * HOUR, 5 * HOUR])
  })

  it('P15 that is set moves no guess that was heard before', () => {
    const { clock, timeline } = createLine()
    timeline.assumeWall(HOUR)
    clock.setForward(HOUR)
    timeline.assumeWall(HOUR)
    expect(timeline.offset).toBe(HOUR)
    timeline.assumeWall(2 * HOUR)
    expect(timeline.offset).toBe(3 * HOUR)
  })
})
