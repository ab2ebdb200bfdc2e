import { words } from './happenings.ts'
import { decideSetting, type Setting, type SimulationOptions } from './options.ts'
import { planHappenings } from './plan.ts'
import { run, type RunCounts } from './run.ts'
import { shrink } from './shrink.ts'
import { clockTime } from './trace.ts'
import type { Tally, Violation } from './trial.ts'

/** What came of a run. */
export interface SimulationReport {
  readonly seed: number
  /** What the seed and the options made of it. */
  readonly setting: Setting
  /** The promise that was broken; `null` if all held. */
  readonly violation: Violation | null
  /** How often each promise was put to the test. */
  readonly tally: Tally
  readonly counts: RunCounts
  /** After a violation: what had to go wrong for it, in order of time, as few as were found. */
  readonly happenings: readonly string[]
  /** After a violation: what happened, a line each. */
  readonly trace: readonly string[]
}

/**
 * Runs virtual processes on virtual hosts against one store and one rotating server, with everything going wrong that
 * the seed decides, and watches the promises P1 to P14 at every step. Then all faults end, and every session must come
 * to a usable token. Takes some 20 ms of real time; repeatable to the event (P16). Throws `invalid-options`.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const setting = decideSetting(options)
  const planned = planHappenings(setting)
  const first = await run(setting, planned, false)
  const { violation, tally, counts } = first
  const { seed } = setting
  if (violation === null) return { seed, setting, violation, tally, counts, happenings: [], trace: [] }
  const fewest =
    options.shrink === false
      ? planned
      : await shrink(planned, violation, async (rest) => (await run(setting, rest, false)).violation)
  const told = await run(setting, fewest, true)
  return {
    seed,
    setting,
    violation: told.violation ?? violation,
    tally,
    counts,
    happenings: fewest.map((happening) => `${clockTime(happening.at)}  ${words(happening)}`),
    trace: told.trace,
  }
}

/** A report as text: one line if all held, else the whole story. */
export function tellReport({ seed, setting, violation, counts, happenings, trace }: SimulationReport): string {
  const { hosts, processes, accounts, rotation, lifetime } = setting
  const scene = `${hosts} hosts, ${processes} processes, ${accounts} accounts, rotation ${rotation}, lifetime ${lifetime} s`
  if (violation === null) return `seed ${seed}: all promises held (${scene}; ${counts.tokenRequests} token requests)`
  return [
    `seed ${seed}: ${violation.promise} was broken at ${clockTime(violation.at)}: ${violation.words}`,
    scene,
    'What went wrong for it:',
    ...happenings,
    'What happened:',
    ...trace,
    '',
  ].join('\n')
}
