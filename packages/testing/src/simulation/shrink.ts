import type { Happening } from './happenings.ts'
import type { Violation } from './trial.ts'

/** Runs that the search for a shorter story may take. */
const MOST_TRIES = 400

/**
 * The fewest happenings found that still break the same promise: leaves out ever smaller parts, and keeps what is left
 * whenever the promise breaks all the same.
 */
export async function shrink(
  happenings: readonly Happening[],
  violation: Violation,
  tryRun: (happenings: readonly Happening[]) => Promise<Violation | null>,
): Promise<readonly Happening[]> {
  let left = happenings
  let tries = 0
  for (let part = Math.ceil(left.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let from = 0; from < left.length && tries < MOST_TRIES;) {
      const rest = [...left.slice(0, from), ...left.slice(from + part)]
      tries += 1
      const found = await tryRun(rest)
      if (found?.promise === violation.promise) left = rest
      else from += part
    }
  }
  return left
}
