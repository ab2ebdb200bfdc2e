/** Makes so many calls, one after the other. */
export type Contestant = (calls: number) => unknown

export interface Plan {
  readonly rounds: number
  /** Per round and contestant. */
  readonly samples: number
  /** Per sample. Many where one call takes nanoseconds. */
  readonly calls: number
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The median time of a call in ns, one for each round. */
export type Rounds = readonly number[]

/**
 * Times contestants against each other. Their samples alternate, and each second time in reverse order, so that
 * whatever else the machine does meets all of them alike; only ratios within one round are to be trusted. A first
 * round, which compiles the code, is thrown away.
 */
export async function measureInterleaved<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  plan: Plan,
  onRound: (round: number) => void = () => undefined,
): Promise<Readonly<Record<Name, Rounds>>> {
  const names = Object.keys(contestants) as Name[]
  const timed = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round <= plan.rounds; round += 1) {
    onRound(round)
    const samples = await measureRound(contestants, names, plan)
    for (const name of names) if (round > 0) timed[name].push(spread(samples[name]).median)
  }
  return timed
}

async function measureRound<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  names: readonly Name[],
  { samples, calls }: Plan,
): Promise<Readonly<Record<Name, Rounds>>> {
  const timed = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let sample = 0; sample < samples; sample += 1) {
    for (const name of sample % 2 === 0 ? names : names.toReversed()) {
      // Each begins in a turn of its own, as a program's calls do.
      await new Promise(setImmediate)
      const begun = performance.now()
      await contestants[name](calls)
      timed[name].push(((performance.now() - begun) * 1e6) / calls)
    }
  }
  return timed
}

/** How much longer the first takes than the second, round by round. */
export function ratios(rounds: Rounds, base: Rounds): readonly number[] {
  return rounds.map((value, round) => value / (base[round] ?? Number.NaN))
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  const half = sorted.length / 2
  const median = Number.isInteger(half) ? (at(half - 1) + at(half)) / 2 : at(Math.floor(half))
  return { median, min: at(0), max: at(sorted.length - 1) }
}
