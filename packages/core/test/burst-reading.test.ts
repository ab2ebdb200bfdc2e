import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/clock.ts'
import { createBurstReading } from '../src/time/burst-reading.ts'
import { createTimeline } from '../src/time/timeline.ts'

/** A clock that counts its readings, with turns, if it knows them, that end when a test says so. */
function countedClock({ turns = true } = {}) {
  const state = { running: 1_000, readings: 0 }
  const turnEnds: (() => void)[] = []
  const clock: Clock = {
    now: () => state.running,
    monotonic() {
      state.readings += 1
      return state.running
    },
    alarm: () => ({ [Symbol.dispose]: () => undefined }),
    ...(turns ? { endOfTurn: (run) => void turnEnds.push(run) } : {}),
  }
  const endTurn = () => {
    for (const run of turnEnds.splice(0)) run()
  }
  return { clock, state, turnEnds, endTurn }
}

function createReading(clock: Clock) {
  return createBurstReading(clock, createTimeline(clock))
}

describe('readings in bursts', () => {
  it('cost the third and later ones of a turn nothing', () => {
    const { clock, state } = countedClock()
    const read = createReading(clock)
    const before = state.readings
    for (let call = 0; call < 50; call += 1) expect(read()).toBe(1_000)
    expect(state.readings - before).toBe(2)
  })

  it('P5 are made anew in the next turn', () => {
    const { clock, state, endTurn } = countedClock()
    const read = createReading(clock)
    for (let call = 0; call < 5; call += 1) read()
    endTurn()
    state.running += 900_000
    expect(read()).toBe(901_000)
  })

  it('P5 do not outlive a turn that never ends', () => {
    const { clock, state } = countedClock()
    const read = createReading(clock)
    for (let call = 0; call < 2; call += 1) read()
    state.running += 900_000
    const seen = Array.from({ length: 65 }, read)
    expect(seen.indexOf(901_000)).toBe(64)
  })

  it('ask for the end of a turn once', () => {
    const { clock, turnEnds, endTurn } = countedClock()
    const read = createReading(clock)
    for (let call = 0; call < 500; call += 1) read()
    expect(turnEnds).toHaveLength(1)
    endTurn()
    for (let call = 0; call < 3; call += 1) read()
    expect(turnEnds).toHaveLength(1)
  })

  it('are single ones while time goes on between them', () => {
    const { clock, state, turnEnds } = countedClock()
    const read = createReading(clock)
    for (let call = 0; call < 5; call += 1) {
      state.running += 1
      expect(read()).toBe(1_000 + call + 1)
    }
    expect(turnEnds).toEqual([])
  })

  it('are single ones on a clock that knows no turns', () => {
    const { clock, state } = countedClock({ turns: false })
    const read = createReading(clock)
    for (let call = 0; call < 5; call += 1) read()
    state.running += 5
    expect(read()).toBe(1_005)
  })
})
