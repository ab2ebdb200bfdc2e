import type { Io } from '../io.ts'
import { paintFor } from '../output/paint.ts'
import type { Explanation } from './explanation.ts'

/** What is said to a person on the way: on stderr, so that stdout has the answer alone. */
export interface Teller {
  say(text: string): void
  steps(steps: readonly string[]): void
  warn(text: string): void
  trouble(explanation: Explanation): void
}

export function createTeller({ stderr, env }: Pick<Io, 'stderr' | 'env'>): Teller {
  const paint = paintFor(stderr, env)
  const line = (text: string): void => void stderr.write(`${text}\n`)
  const steps = (list: readonly string[]): void => {
    for (const [place, step] of list.entries()) line(`  ${place + 1}. ${step}`)
  }
  return {
    say: line,
    steps,
    warn: (text) => line(paint('yellow', text)),
    trouble({ what, why, next }) {
      line(`\n${paint('red', what)}\n${why}`)
      steps(next)
      line('')
    },
  }
}
