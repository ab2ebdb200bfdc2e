import { spread, type Spread } from './measure.ts'

/** One number of the report, and the budget that it is held against. */
export interface Figure extends Spread {
  /** The budget that it belongs to; K are those of the keeper. */
  readonly id: 'B1' | 'B2' | 'B3' | 'B6' | 'B10' | 'K1' | 'K2' | 'K3' | 'K4' | 'K5'
  readonly name: string
  /** `x` for a ratio. */
  readonly unit: 'x' | 'ns' | 'us' | 'ms' | 'bytes' | 'timers' | 'lifetimes/s' | 'months/s' | 'requests/s' | 'tokens/s'
  /** `null` for a number that explains another one. */
  readonly budget: number | null
  /** Whether the budget is the most or the least that the number may be. */
  readonly bound: 'most' | 'least'
}

export type Verdict = 'within' | 'outside'

/** A figure from one value per round. */
export function figure(
  what: Pick<Figure, 'id' | 'name' | 'unit'> & { readonly budget?: number; readonly bound?: Figure['bound'] },
  rounds: readonly number[],
): Figure {
  const { id, name, unit, budget = null, bound = 'most' } = what
  return { id, name, unit, budget, bound, ...spread(rounds) }
}

/** `null` where there is no budget. */
export function verdictOf({ budget, bound, median }: Figure): Verdict | null {
  if (budget === null) return null
  return (bound === 'most' ? median <= budget : median >= budget) ? 'within' : 'outside'
}
