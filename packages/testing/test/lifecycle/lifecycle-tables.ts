import { MOVES, type Move } from '@evergrant/testing'
import { lifecycleMap } from '../../src/lifecycle/map.ts'

const STATES = ['unauthenticated', 'refreshing', 'valid', 'expiring', 'backoff', 'blocked', 'revoked'] as const

const steps = [...lifecycleMap().values()].flat()

const list = (names: Iterable<string>) => [...names].map((name) => `\`${name}\``).join(' ')

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The moves of the adversary, with the states in which the model takes them. */
export function movesTable(): string {
  const rows = (Object.keys(MOVES) as Move[]).map((move) => {
    const { by, says } = MOVES[move]
    const possible = STATES.filter((state) => steps.some((step) => step.move === move && step.before.state === state))
    return [`\`${move}\``, `the ${by} ${says}`, possible.length === STATES.length ? 'every state' : list(possible)]
  })
  return table(['move', 'what happens', 'possible in'], rows)
}

/** The states, with what can be seen there and where they lead. */
export function statesTable(): string {
  const rows = STATES.map((state) => {
    const here = steps.filter(({ before }) => before.state === state)
    const some = (values: readonly (string | null)[]) => new Set(values.filter((value) => value !== null))
    const usable = new Set(here.map(({ before }) => before.usable))
    return [
      `\`${state}\``,
      usable.size === 2 ? 'maybe' : usable.has(true) ? 'yes' : 'no',
      list(some(here.map(({ before }) => before.underWay))) || 'nothing',
      list(some(here.map(({ before }) => before.reason))),
      list(STATES.filter((next) => next !== state && here.some(({ after }) => after.state === next))),
    ]
  })
  return table(['state', 'a token to use?', 'may be under way', 'reasons', 'leads to'], rows)
}
