import { show } from './expectation.ts'
import { lifecycleMap, type LifecycleMap, type ModelStep } from './map.ts'
import type { Move } from './moves.ts'

/** The moves of an adversary, from the beginning of a session's life. */
export type LifecyclePath = readonly Move[]

export interface PathOptions {
  /**
   * Which transitions are told apart: by all that is seen before and after a move (`sight`: state, reason, whether there
   * is a token, what is under way), or by the seven states alone, for a store or a server that is slow. Default `sight`.
   */
  readonly by?: 'sight' | 'state'
  /** Also all paths of at most so many moves that come to no situation twice. Default 0: none. */
  readonly simple?: number
}

/**
 * The paths to walk: a shortest one for every transition that can be told apart, and the simple ones up to a bound. A path
 * that only begins another is left out, as each step is checked on the way.
 */
export function lifecyclePaths({ by = 'sight', simple = 0 }: PathOptions = {}): readonly LifecyclePath[] {
  const map = lifecycleMap()
  const name = by === 'sight' ? transitionOf : transitionOfStates
  return withoutBeginnings([...shortestPaths(map, name), ...(simple > 0 ? simplePaths(map, simple) : [])])
}

/** What can be seen of one step, e.g. `valid, usable –REFUSED→ refreshing, request`. */
export function transitionOf({ before, move, after }: ModelStep): string {
  return `${show(before)} –${move}→ ${show(after)}`
}

/** The same by the states alone, e.g. `valid –REFUSED→ refreshing`. */
export function transitionOfStates({ before, move, after }: Omit<ModelStep, 'to'>): string {
  return `${before.state} –${move}→ ${after.state}`
}

function shortestPaths(map: LifecycleMap, nameOf: (step: ModelStep) => string): LifecyclePath[] {
  const ways = new Map<string, LifecyclePath>()
  const chosen = new Map<string, LifecyclePath>()
  for (const [here, steps] of map) {
    // The map lists situations by their distance, so the first way to one is a shortest.
    const way = ways.get(here) ?? []
    for (const step of steps) {
      const path = [...way, step.move]
      if (!ways.has(step.to) && step.to !== here) ways.set(step.to, path)
      const transition = nameOf(step)
      if (!chosen.has(transition)) chosen.set(transition, path)
    }
  }
  return [...chosen.values()]
}

function simplePaths(map: LifecycleMap, bound: number): LifecyclePath[] {
  const paths: LifecyclePath[] = []
  const been: string[] = []
  function follow(here: string, path: LifecyclePath): void {
    been.push(here)
    const steps = path.length < bound ? (map.get(here) ?? []) : []
    for (const { move, to } of steps) if (!been.includes(to)) follow(to, [...path, move])
    paths.push(path)
    been.pop()
  }
  const [first = ''] = map.keys()
  follow(first, [])
  return paths
}

function withoutBeginnings(paths: readonly LifecyclePath[]): LifecyclePath[] {
  const beginnings = new Set(paths.flatMap((path) => path.map((_, index) => path.slice(0, index).join(' '))))
  return [...new Map(paths.map((path) => [path.join(' '), path])).entries()]
    .filter(([key]) => !beginnings.has(key))
    .map(([, path]) => path)
}
