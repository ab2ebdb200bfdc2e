import { adjacencyMapToArray, getAdjacencyMap, getStateNodes } from 'xstate/graph'
import { expectationOf, type Expectation } from './expectation.ts'
import { lifecycleModel, type LifecycleSnapshot } from './model.ts'
import { MOVE_NAMES, type Move } from './moves.ts'

/** One move from one situation of the model. */
export interface ModelStep {
  readonly before: Expectation
  readonly move: Move
  readonly after: Expectation
  /** The situation that it leads to. */
  readonly to: string
}

/** Every situation of the model, the first one first, each with the moves that are possible there. */
export type LifecycleMap = ReadonlyMap<string, readonly ModelStep[]>

let explored: LifecycleMap | null = null

/** Explores the model with `xstate/graph`, in the order of the distance from its beginning. Takes a second, once. */
export function lifecycleMap(): LifecycleMap {
  return (explored ??= explore())
}

function explore(): LifecycleMap {
  const adjacency = getAdjacencyMap(lifecycleModel, {
    events: (snapshot) => movesNamedIn(snapshot).map((type) => ({ type })),
    serializeState: situationOf,
  })
  const found = new Map<LifecycleSnapshot, ModelStep[]>()
  for (const { state, event, nextState } of adjacencyMapToArray(adjacency)) {
    const steps = found.get(state) ?? []
    found.set(state, steps)
    // XState gives back the very same snapshot for a move that no guard lets through.
    if (nextState === state) continue
    const [before, after] = [expectationOf(state), expectationOf(nextState)]
    steps.push({ before, move: event.type, after, to: situationOf(nextState) })
  }
  return new Map([...found].map(([state, steps]) => [situationOf(state), steps]))
}

const nodes = [lifecycleModel.root, ...getStateNodes(lifecycleModel)]
/** The moves named in each place of the model, which are few, and its situations many. */
const named = new Map<string, readonly Move[]>()

/** Some of them may be held back by a guard. */
function movesNamedIn({ value }: LifecycleSnapshot): readonly Move[] {
  const place = placeOf(value)
  const key = place.join(' ')
  const found = named.get(key) ?? movesNamedAt(place)
  named.set(key, found)
  return found
}

function movesNamedAt(place: readonly string[]): readonly Move[] {
  const active = nodes.filter(({ path }) => path.every((key, depth) => key === place[depth]))
  const events = new Set(active.flatMap(({ ownEvents }) => ownEvents as readonly string[]))
  return MOVE_NAMES.filter((move) => events.has(move))
}

/** From outside to inside, e.g. `expiring`, `waiting`. */
function placeOf(value: LifecycleSnapshot['value']): readonly string[] {
  return typeof value === 'string' ? [value] : Object.entries(value).flat()
}

/** The graph asks for each again and again. */
const situations = new WeakMap<LifecycleSnapshot, string>()

/** What tells two situations apart. Whether the last request was insisted on is forgotten with its end. */
function situationOf(snapshot: LifecycleSnapshot): string {
  const { value, context } = snapshot
  const situation = situations.get(snapshot) ?? JSON.stringify([value, { ...context, insisted: false }])
  situations.set(snapshot, situation)
  return situation
}
