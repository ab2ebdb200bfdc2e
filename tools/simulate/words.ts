import type { SimulationReport, SimulationTally } from '@evergrant/testing'

/** The seeds that one worker is to run: `from`, `from + step`, … below `to`. */
export interface Share {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** What a worker tells its parent. */
export type Word =
  | { readonly type: 'progress'; readonly runs: number }
  | { readonly type: 'broken'; readonly report: SimulationReport }
  | { readonly type: 'done'; readonly sum: Sum }

/** What many runs come to. */
export interface Sum {
  readonly runs: number
  readonly events: number
  readonly tokenRequests: number
  /** Ms of virtual time. */
  readonly elapsed: number
  readonly tally: SimulationTally
}

export const NOTHING: Sum = { runs: 0, events: 0, tokenRequests: 0, elapsed: 0, tally: {} }

export function add(one: Sum, other: Sum): Sum {
  const promises = new Set([...Object.keys(one.tally), ...Object.keys(other.tally)]) as Set<keyof SimulationTally>
  const tally = [...promises].map((promise) => {
    const [a, b] = [one.tally[promise], other.tally[promise]]
    const held = (a?.held ?? 0) + (b?.held ?? 0)
    return [promise, { held, excused: (a?.excused ?? 0) + (b?.excused ?? 0) }] as const
  })
  return {
    runs: one.runs + other.runs,
    events: one.events + other.events,
    tokenRequests: one.tokenRequests + other.tokenRequests,
    elapsed: one.elapsed + other.elapsed,
    tally: Object.fromEntries(tally),
  }
}
