import { spread, type Spread } from './measure.ts'

/** One number of the report, and what it may be at most. */
export interface Figure extends Spread {
  /** The budget of DESIGN.md part 11 that it belongs to. */
  readonly id: 'B1' | 'B2' | 'B3' | 'B6'
  readonly name: string
  /** `x` for a ratio. */
  readonly unit: 'x' | 'ns' | 'us' | 'bytes' | 'timers'
  /** `null` for a number that explains another one. */
  readonly budget: number | null
}

export type Verdict = 'within' | 'over'

/** A figure from one value per round. */
export function figure(
  what: Pick<Figure, 'id' | 'name' | 'unit'> & { readonly budget?: number },
  rounds: readonly number[],
): Figure {
  const { id, name, unit, budget = null } = what
  return { id, name, unit, budget, ...spread(rounds) }
}

/** `null` where there is no budget. */
export function verdictOf({ budget, median }: Figure): Verdict | null {
  if (budget === null) return null
  return median <= budget ? 'within' : 'over'
}
