import { lifecycleMachine } from '../packages/core/src/index.ts'

type Node = typeof lifecycleMachine.root
type Transition = Node['transitions'] extends Map<string, (infer T)[]> ? T : never

/**
 * What each transition is called, by event and guard, if need be with its state before them. Every one with a target has
 * to be here, so that a new one gets a name before it gets into a document.
 */
const WORDS: Readonly<Record<string, string>> = {
  'CONSULTED broughtToken': 'stored token is good',
  'CONSULTED due': 'token wanted',
  'CONSULTED condemned': 'known dead',
  'CONSULTED blocked': 'known blocked',
  'CONSULTED putOff': 'put off',
  ADOPTED: 'adopted',
  'ADOPTED isNewer': 'adopted',
  CREDENTIALS: 'new credentials',
  'CREDENTIALS isWanted': 'new credentials',
  SIGN_OUT: 'signed out',
  REFRESH: 'refresh asked for',
  'REFRESH isForced': 'refresh forced',
  'REFRESH isForcedWithToken': 'refresh forced (token alive)',
  'REJECTED rejectsPresent': 'token refused',
  'REJECTED rejectsPresentTooOften': 'token refused again',
  UNBLOCKED: 'block lifted elsewhere',
  'UNBLOCKED hasToken': 'block lifted elsewhere (token alive)',
  'TIME tokenDied': 'token died',
  'TIME refreshDue': 'refresh due',
  'TIME retryDue': 'retry due',
  'resting: TIME retryDue': 'probe due',
  'TIME blockEnded': 'block over',
  'TIME blockEndedWithToken': 'block over (token alive)',
  'exchange done': 'put off',
  'exchange done broughtToken': 'granted',
  'exchange done condemned': 'rejected',
  'exchange done blocked': 'blocked',
  'exchange done absent': 'no credentials',
  'exchange failed': 'fault',
  'probe done': 'no answer',
  'probe done reached': 'probe answered',
  'probe done reachedWithToken': 'probe answered (token alive)',
  'probe failed': 'no answer',
}

/** The machine of core as a mermaid state diagram. A test holds the documents to it. */
export function lifecycleDiagram(): string {
  const { root } = lifecycleMachine
  const lines = ['stateDiagram-v2', `  [*] --> ${initialOf(root)}`]
  for (const state of children(root)) {
    if (children(state).length > 0) lines.push(...composite(state))
  }
  const edges = children(root).flatMap((state) => outward(state))
  const common = edges.filter((edge) => isCommon(edge, edges))
  const edgesOfTheirOwn = collect(edges.filter((edge) => !common.includes(edge)))
  lines.push(...edgesOfTheirOwn.map(([from, to, label]) => `  ${from} --> ${to}: ${label}`))
  const fromAll = collect([...common.map(([, to, label]): Edge => ['', to, label]), ...rootEdges()])
  lines.push(...fromAll.map(([, to, label]) => `  note right of ${to}: ${label}, from every state`))
  return lines.join('\n')
}

type Edge = readonly [from: string, to: string, label: string]

/** What leads from every state to the same one is said once, in a note. */
function isCommon([, to, label]: Edge, edges: readonly Edge[]): boolean {
  return children(lifecycleMachine.root).every(({ key }) =>
    edges.some((other) => other[0] === key && other[1] === to && other[2] === label),
  )
}

function rootEdges(): Edge[] {
  return edgesTo(lifecycleMachine.root).map(([to, words]) => ['', to, words])
}

/** The inner life of a state; what leads out of it is drawn from its border. */
function composite(state: Node): string[] {
  const inner = children(state).flatMap((from) =>
    transitionsOf(from).flatMap(({ event, transition }): Edge[] => {
      const to = targetOf(transition)
      return to?.parent === state ? [[from.key, to.key, wordsOf(from, event, transition)]] : []
    }),
  )
  return [
    `  state ${state.key} {`,
    `    [*] --> ${initialOf(state)}`,
    ...collect(inner).map(([from, to, label]) => `    ${from} --> ${to}: ${label}`),
    '  }',
  ]
}

/** The transitions that leave a top-level state, or come back to it from itself. */
function outward(state: Node): Edge[] {
  const own = edgesTo(state).map(([to, words]): Edge => [state.key, to, words])
  const all = children(state).flatMap((child) => edgesTo(child).map(([to, words]) => ({ child, to, words })))
  const inner = all.map(({ child, to, words }): Edge => {
    // Named only where it matters: the same happening leads elsewhere from another inner state.
    const differs = all.some((other) => other.words === words && other.to !== to)
    return [state.key, to, differs ? `${words} while ${child.key}` : words]
  })
  return [...own, ...inner]
}

function edgesTo(from: Node): [to: string, words: string][] {
  return transitionsOf(from).flatMap(({ event, transition }) => {
    const to = targetOf(transition)
    return to?.parent === lifecycleMachine.root ? [[to.key, wordsOf(from, event, transition)]] : []
  })
}

/** One line for each pair of states, its labels in the order of the machine. */
function collect(edges: readonly Edge[]): Edge[] {
  const labels = new Map<string, { from: string; to: string; words: Set<string> }>()
  for (const [from, to, label] of edges) {
    const pair = labels.get(`${from} ${to}`) ?? { from, to, words: new Set() }
    labels.set(`${from} ${to}`, pair)
    pair.words.add(label)
  }
  return [...labels.values()].map(({ from, to, words }): Edge => [from, to, [...words].join(', ')])
}

function children(node: Node): Node[] {
  return Object.values<Node>(node.states)
}

function transitionsOf(node: Node): { event: string; transition: Transition }[] {
  return [...node.transitions].flatMap(([event, all]) => all.map((transition) => ({ event, transition })))
}

const targetOf = ({ target }: Transition) => target?.[0]
const initialOf = ({ initial }: Node) => initial.target?.[0]?.key

function wordsOf(from: Node, event: string, { guard }: Transition): string {
  const [, how] = /^xstate\.(done|error)\.actor/.exec(event) ?? []
  const actor = from.invoke[0]?.src as string
  const what = how === undefined ? event : `${actor} ${how === 'done' ? 'done' : 'failed'}`
  const name = typeof guard === 'string' ? `${what} ${guard}` : what
  const words = WORDS[`${from.key}: ${name}`] ?? WORDS[name]
  if (words === undefined) throw new Error(`The diagram has no words for "${name}": add them to WORDS`)
  return words
}
