import { invalidOptions } from '@evergrant/core'
import { initialTransition, transition } from 'xstate'
import { expectationOf, type Expectation } from './expectation.ts'
import { lifecycleModel, type LifecycleSnapshot } from './model.ts'
import type { Move } from './moves.ts'
import type { LifecyclePath } from './paths.ts'

/** One move of a path, and what the model says of it. */
export interface PathStep {
  readonly before: Expectation
  readonly move: Move
  readonly after: Expectation
}

const [beginning] = initialTransition(lifecycleModel)
/** Paths begin alike, and each is asked for more than once. */
const known = new WeakMap<LifecycleSnapshot, Map<Move, LifecycleSnapshot>>()

/** The very same snapshot for a move that no guard lets through. */
function follow(snapshot: LifecycleSnapshot, move: Move): LifecycleSnapshot {
  const from = known.get(snapshot) ?? new Map<Move, LifecycleSnapshot>()
  known.set(snapshot, from)
  const next = from.get(move) ?? transition(lifecycleModel, snapshot, { type: move })[0]
  from.set(move, next)
  return next
}

/** What the model says of each step. Throws `invalid-options` for a move that is not possible where it is made. */
export function stepsOf(path: LifecyclePath): PathStep[] {
  let snapshot = beginning
  return path.map((move) => {
    const next = follow(snapshot, move)
    const before = expectationOf(snapshot)
    if (next === snapshot) {
      throw invalidOptions('paths', `${move} is not possible in ${before.state}`, 'Take paths from lifecyclePaths().')
    }
    snapshot = next
    return { before, move, after: expectationOf(next) }
  })
}
