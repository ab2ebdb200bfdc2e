import type { LifecycleEvent } from '../packages/core/src/machine/events.ts'
import { lifecycleMachine } from '../packages/core/src/machine/machine.ts'
import {
  endsOfExchange,
  endsOfProbe,
  eventsIn,
  placeOf,
  type Snapshot,
} from '../packages/core/test/support/lifecycle-events.ts'
import { EVENT_GROUPS } from '../packages/core/test/support/lifecycle-kinds.ts'
import { situations, SPENDING } from '../packages/core/test/support/lifecycle-map.ts'

/** The innermost states, in the order of the machine. */
export const STATES: readonly string[] = Object.values(lifecycleMachine.root.states).flatMap(({ key, states }) => {
  const inner = Object.keys(states)
  return inner.length === 0 ? [key] : inner.map((child) => `${key}.${child}`)
})

export interface Moment {
  readonly context: Snapshot['context']
  readonly event: LifecycleEvent
}

/** One kind of event in one state. */
export interface Cell {
  readonly group: string
  readonly kind: string
  readonly state: string
  /** The moments in which it happens, by what comes of it; of those in `''` nothing does. */
  readonly ends: ReadonlyMap<string, readonly Moment[]>
}

/** What an event does that leads nowhere, by the action of the machine. */
const EFFECTS: Readonly<Record<string, string>> = {
  takeFailure: 'notes why',
  want: 'notes the wish',
  renewCredentials: 'forgets the old ones',
  renewCredentialsWhileBlocked: 'drops the token',
  dropToken: 'drops the token',
  rejectWhileWaiting: 'drops the token',
}

/** Every pair of state and kind of event, as the machine decides it in each situation that it can come to. */
export function lifecycleCells(): readonly Cell[] {
  const found = new Map<string, { group: string; kind: string; state: string; ends: Map<string, Moment[]> }>()
  for (const snapshot of situations) {
    const { context } = snapshot
    const state = placeOf(snapshot)
    for (const event of everyEvent(snapshot)) {
      const { title: group, kinds } = EVENT_GROUPS.find(({ has }) => has(event))!
      const { name: kind } = kinds.find(({ is }) => is({ context, event }))!
      const key = [group, kind, state].join()
      const cell = found.get(key) ?? { group, kind, state, ends: new Map<string, Moment[]>() }
      const end = endOf(snapshot, event)
      cell.ends.set(end, [...(cell.ends.get(end) ?? []), { context, event }])
      found.set(key, cell)
    }
  }
  return [...found.values()]
}

/** Also the ends of actors that run elsewhere: an actor is stopped with its state, and what it says later is not heard. */
function everyEvent(snapshot: Snapshot): LifecycleEvent[] {
  const place = placeOf(snapshot)
  const exchanges = SPENDING.filter((one) => one !== place).flatMap((one) => endsOfExchange(snapshot, one))
  const mute = SPENDING.includes(place) ? [] : exchanges
  return [...eventsIn(snapshot), ...mute, ...(place === 'blocked.probing' ? [] : endsOfProbe())]
}

/** Where an event leads, or what it does on the spot; `''` if it changes nothing. */
function endOf(snapshot: Snapshot, event: LifecycleEvent): string {
  const [transition] = lifecycleMachine.getTransitionData(snapshot, event)
  if (transition === undefined) return ''
  const [target] = transition.target ?? []
  if (target !== undefined)
    return `→ ${[...target.path, ...(target.initial.target ?? []).map(({ key }) => key)].join('.')}`
  const effects = transition.actions.map((action) => {
    const words = EFFECTS[action as string]
    if (words === undefined) throw new Error(`The table has no words for "${action as string}": add them to EFFECTS`)
    return words
  })
  return `stays: ${effects.join(', ')}`
}
