import { simulate, tellReport, type SimulationTally } from '@evergrant/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SEEDS_IN_A_TEST = 100
// Some five seconds, more while others use the machine.
const PATIENCE = 120_000

/** What many runs put to the test, by promise. */
export type Held = Record<string, number>

/** The runs of these seeds, in tests of a hundred each. The story of a failure is in the message of the test. */
export function describeSeeds(from: number, count: number): void {
  describe(`the simulation, seeds ${from} to ${from + count - 1}`, () => {
    const { stackTraceLimit } = Error
    // Callers are refused by the thousand, and nobody reads where: their stacks would take a fifth of the time.
    beforeAll(() => void (Error.stackTraceLimit = 0))
    afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

    for (let first = from; first < from + count; first += SEEDS_IN_A_TEST) {
      const last = Math.min(first + SEEDS_IN_A_TEST, from + count) - 1
      it(`no promise is broken, and all recover, with seeds ${first} to ${last}`, { timeout: PATIENCE }, async () => {
        for (let seed = first; seed <= last; seed += 1) {
          const report = await simulate({ seed })
          expect(report.violation === null ? '' : tellReport(report)).toBe('')
        }
      })
    }
  })
}

export function addHeld(held: Held, tally: SimulationTally): void {
  for (const [promise, tested] of Object.entries(tally)) held[promise] = (held[promise] ?? 0) + tested.held
}
