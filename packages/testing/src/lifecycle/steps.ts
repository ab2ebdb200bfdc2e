import { invalidOptions } from '@evergrant/core'
import { initialTransition, transition } from 'xstate'
import { expectationOf, type Expectation } from './expectation.ts'
import { lifecycleModel } from './model.ts'
import type { Move } from './moves.ts'
import type { LifecyclePath } from './paths.ts'

/** One move of a path, and what the model says of it. */
export interface PathStep {
  readonly before: Expectation
  readonly move: Move
  readonly after: Expectation
}

/** What the model says of each step. Throws `invalid-options` for a move that is not possible where it is made. */
export function stepsOf(path: LifecyclePath): PathStep[] {
  let [snapshot] = initialTransition(lifecycleModel)
  return path.map((move) => {
    const [next] = transition(lifecycleModel, snapshot, { type: move })
    const before = expectationOf(snapshot)
    if (next === snapshot) {
      throw invalidOptions('paths', `${move} is not possible in ${before.state}`, 'Take paths from lifecyclePaths().')
    }
    snapshot = next
    return { before, move, after: expectationOf(next) }
  })
}
