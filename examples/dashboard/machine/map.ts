import { lifecycleMachine, type SessionState } from '@evergrant/core'

/** A state of the machine, as it is drawn. */
export interface DrawnState {
  readonly name: SessionState
  /** The states inside it. */
  readonly inner: readonly string[]
  readonly isInitial: boolean
}

/** That some transition leads from one state to another. */
export interface DrawnEdge {
  readonly from: SessionState
  readonly to: SessionState
}

/** What leads from every state to the same one. */
const EVERYWHERE: ReadonlySet<string> = new Set(['ADOPTED', 'SIGN_OUT'])

type Node = typeof lifecycleMachine.root

const children = (node: Node): Node[] => Object.values<Node>(node.states)
const nameOf = (node: Node) => node.key as SessionState

/** The states, in the order of the machine. */
export const STATES: readonly DrawnState[] = children(lifecycleMachine.root).map((node) => ({
  name: nameOf(node),
  inner: children(node).map(({ key }) => key),
  isInitial: lifecycleMachine.root.initial.target?.includes(node) ?? false,
}))

/**
 * One edge for each pair of states between which the machine knows a way of its own. What leads from everywhere to the
 * same state (a sign-out, a token of the store) would hide the rest; it is drawn when it is taken.
 */
export const EDGES: readonly DrawnEdge[] = children(lifecycleMachine.root).flatMap((node) => {
  const targets = [node, ...children(node)].flatMap(targetsOf)
  return STATES.filter(({ name }) => name !== node.key && targets.includes(name)).map(({ name }) => ({
    from: nameOf(node),
    to: name,
  }))
})

function targetsOf(node: Node): string[] {
  return [...node.transitions].flatMap(([event, all]) =>
    EVERYWHERE.has(event) ? [] : all.flatMap(({ target }) => (target ?? []).map(({ key }) => key)),
  )
}
