import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph'
import type { LifecycleEvent } from '../../src/machine/events.ts'
import { lifecycleMachine } from '../../src/machine/machine.ts'
import { eventsIn, kindOf, placeOf, situationOf, type Snapshot } from './lifecycle-events.ts'

/** The states in which a credential is spent. */
export const SPENDING: readonly string[] = ['refreshing', 'expiring.requesting']

export const exploration = { events: eventsIn, serializeState: situationOf }

export interface Step {
  readonly state: Snapshot
  readonly event: LifecycleEvent
  readonly next: Snapshot
}

/** Every step from every situation that the machine can come to, those of the first situation first. */
export const steps: readonly Step[] = adjacencyMapToArray(getAdjacencyMap(lifecycleMachine, exploration)).map(
  ({ state, event, nextState }) => ({ state, event, next: nextState }),
)

const stepsFrom = new Map<string, Step[]>()
for (const step of steps) {
  const from = situationOf(step.state)
  stepsFrom.set(from, [...(stepsFrom.get(from) ?? []), step])
}

/** Every situation, the first one first. */
export const situations: readonly Snapshot[] = [...stepsFrom.values()].flatMap(([step]) => (step ? [step.state] : []))

export const show = ({ state, event, next }: Step): string => `${placeOf(state)} –${kindOf(event)}→ ${placeOf(next)}`

/** The steps that break a rule, each kind once. */
export const breaking = (rule: (step: Step) => boolean): string[] => [
  ...new Set(steps.filter((step) => !rule(step)).map(show)),
]

/** The situations that break a rule. */
export const breakingSituations = (rule: (state: Snapshot) => boolean): string[] =>
  situations.filter((state) => !rule(state)).map(situationOf)

/** The paths from such a state to a spent credential, of any length, with such steps only. */
export function pathsToSpending(from: string, may: (step: Step) => boolean): string[] {
  const found: string[] = []
  const seen = new Set<string>()
  const open = situations.filter((state) => placeOf(state).startsWith(from)).map((state) => ({ state, path: '' }))
  for (let here = open.shift(); here !== undefined; here = open.shift()) {
    for (const step of stepsFrom.get(situationOf(here.state)) ?? []) {
      if (!may(step) || seen.has(situationOf(step.next))) continue
      seen.add(situationOf(step.next))
      const path = `${here.path} ${show(step)}`
      if (SPENDING.includes(placeOf(step.next))) found.push(path)
      else open.push({ state: step.next, path })
    }
  }
  return found
}
