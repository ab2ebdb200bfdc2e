import { hasToken, isWanted, tokenDied } from '../packages/core/src/machine/guards.ts'
import { EVENT_GROUPS } from '../packages/core/test/support/lifecycle-kinds.ts'
import { lifecycleCells, STATES, type Cell, type Moment } from './lifecycle-cells.ts'
import { IGNORED, type Decision } from './lifecycle-ignored.ts'

/** What makes the difference where one event in one state has several ends. */
const FACTS: readonly { readonly yes: string; readonly no: string; readonly holds: (moment: Moment) => boolean }[] = [
  { yes: 'token alive', no: 'no token', holds: (moment) => hasToken(moment) && !tokenDied(moment) },
  { yes: 'token wanted', no: 'not wanted', holds: isWanted },
  { yes: 'token dies too', no: 'else', holds: tokenDied },
]

/** The table state × event, in one part for each group of events, with the reasons below it. */
export function lifecycleTable(): string {
  const cells = lifecycleCells()
  return EVENT_GROUPS.map(({ title, kinds }) => {
    const decisions = IGNORED.filter(({ group }) => group === title)
    const names = kinds.map(({ name }) => name)
    const rows = STATES.map((state) => {
      const own = names.map((kind) => cells.find((cell) => nameOf(cell) === nameOf({ group: title, kind, state })))
      return row([`\`${state}\``, ...own.map((cell) => shown(cell, decisions))])
    })
    const head = [row(['state', ...names]), row(['---', ...names.map(() => '---')])]
    const reasons = decisions.map(({ why }, index) => `- *${letter(index)}*: ${why}`)
    return [`### ${title}`, '', ...head, ...rows, '', ...reasons].join('\n')
  }).join('\n\n')
}

/** What the machine ignores though nobody has decided so, and decisions on what it does not ignore, or decided twice. */
export function undecided(): { readonly missing: readonly string[]; readonly stale: readonly string[] } {
  const ignored = lifecycleCells()
    .filter(({ ends }) => ends.has(''))
    .map(nameOf)
  const decided = IGNORED.flatMap(({ group, kinds, states }) =>
    kinds.flatMap((kind) => states.map((state) => nameOf({ group, kind, state }))),
  )
  return {
    missing: ignored.filter((name) => !decided.includes(name)),
    stale: decided.filter((name, index) => !ignored.includes(name) || decided.indexOf(name) !== index),
  }
}

const nameOf = ({ group, kind, state }: Pick<Cell, 'group' | 'kind' | 'state'>) => `${group}: ${kind}, in ${state}`
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const letter = (index: number) => 'abcdefgh'.charAt(index)

function shown(cell: Cell | undefined, decisions: readonly Decision[]): string {
  // Not every time can come in every state.
  if (cell === undefined) return '–'
  const { kind, state, ends } = cell
  const decision = decisions.findIndex(({ kinds, states }) => kinds.includes(kind) && states.includes(state))
  return [...ends.keys()]
    .toSorted()
    .map((end) => {
      const words = end === '' ? `ignored *${letter(decision)}*` : end
      return ends.size === 1 ? words : `${words} (${conditionOf(cell, end)})`
    })
    .join('<br>')
}

/** The fact that holds whenever this comes of the event, and never when something else does. */
function conditionOf({ group, kind, state, ends }: Cell, end: string): string {
  const own = ends.get(end) ?? []
  const others = [...ends].flatMap(([other, moments]) => (other === end ? [] : moments))
  for (const { yes, no, holds } of FACTS) {
    if (own.every(holds) && !others.some(holds)) return yes
    if (!own.some(holds) && others.every(holds)) return no
  }
  throw new Error(`No fact tells when "${nameOf({ group, kind, state })}" ends so: add one to FACTS`)
}
