import { cpus, loadavg, type } from 'node:os'
import { verdictOf, type Figure } from './figure.ts'

/** Where the figures come from: they mean nothing without it. */
export interface Bench {
  readonly node: string
  readonly machine: string
  /** Of one, five and fifteen minutes, when the run began: other work on the machine widens every spread. */
  readonly load: readonly number[]
  readonly quick: boolean
}

export function describeBench(quick: boolean): Bench {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const machine = `${processors.length} x ${model}, ${type()} ${process.arch}`
  return { node: process.version, machine, load: loadavg().map((load) => Number(load.toFixed(2))), quick }
}

/** All of it as one line of JSON. */
export function jsonReport(bench: Bench, figures: readonly Figure[]): string {
  return JSON.stringify({ ...bench, figures: figures.map((one) => ({ ...one, verdict: verdictOf(one) })) })
}

const HEADINGS = ['', 'measured', 'median', 'min .. max', 'budget', 'verdict']
/** From here on columns hold numbers, which stand to the right. */
const FIRST_NUMBER = 2
const LAST_NUMBER = 4

export function tableReport(bench: Bench, figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(row)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => pad(cell, column, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const outside = figures.filter((one) => verdictOf(one) === 'outside').length
  const judged = figures.filter(({ budget }) => budget !== null).length
  return [
    `Node ${bench.node} on ${bench.machine}; load ${bench.load.join(' ')}${bench.quick ? '; a quick run, to be taken lightly' : ''}`,
    '',
    ...lines,
    '',
    `${judged - outside} of ${judged} within their budgets. Medians of interleaved rounds; x is a ratio within one round.`,
  ].join('\n')
}

function row(one: Figure): string[] {
  const { id, name, unit, median, min, max, budget, bound } = one
  const digits = digitsOf(one)
  const show = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return [
    id,
    name,
    `${show(median)} ${unit}`,
    `${show(min)} .. ${show(max)}`,
    budget === null ? '' : `${bound === 'least' ? '>= ' : ''}${budget.toLocaleString('en')} ${unit}`,
    verdictOf(one) ?? '',
  ]
}

function digitsOf({ unit, median }: Figure): number {
  if (unit === 'timers') return 0
  return median < 10 ? 2 : median < 1_000 ? 1 : 0
}

function pad(cell: string, column: number, width: number): string {
  return column >= FIRST_NUMBER && column <= LAST_NUMBER ? cell.padStart(width) : cell.padEnd(width)
}
