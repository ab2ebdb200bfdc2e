import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem, type } from 'node:os'
import type { Peer } from './clients/client.ts'
import type { Told } from './contestant.ts'
import { overRounds } from './meeting.ts'
import type { Column, Scenario } from './scenarios/scenario.ts'

export interface Held {
  readonly scenario: Scenario
  readonly told: ReadonlyMap<string, readonly Told[]>
}

/** What figures are worth nothing without. */
export interface Setting {
  readonly date: string
  readonly node: string
  readonly machine: string
  readonly load: readonly number[]
  readonly quick: boolean
}

export function describeSetting(quick: boolean): Setting {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: `${cpus().length} × ${model}, ${memory} GiB, ${type()} ${process.arch}`,
    load: loadavg().map((load) => Number(load.toFixed(2))),
    quick,
  }
}

function versionOf(peer: Peer): string {
  if (peer.package === null) return ''
  const manifest = new URL(`node_modules/${peer.package}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

/** The whole page; what is above the tables says how they came about. */
export function markdown(setting: Setting, peers: readonly Peer[], held: readonly Held[]): string {
  return [
    '# Measured beside other libraries',
    '',
    '<!-- Made by `npm run bench:peers -- --write`; edit bench/peers instead. -->',
    '',
    `Measured on ${setting.date} with Node ${setting.node} on ${setting.machine}; load at the start ${setting.load.join(', ')}.${setting.quick ? ' A quick run, to be taken lightly.' : ''}`,
    'Every contestant runs each scenario in a process of its own, against a server of its own on loopback; contestants take turns, and of',
    'several rounds the median is shown. **Bold** is what is worth aiming at, reached. Figures in ms, µs and ns are of this machine; the counts',
    'are not. Where another library is better, the row says so as well as the others.',
    '',
    '## Who takes part',
    '',
    '| | version | over | wiring |',
    '| --- | --- | --- | --- |',
    ...peers.map((peer) => `| ${peer.name} | ${versionOf(peer)} | ${peer.over} | ${peer.wiring} |`),
    '',
    'A margin that is fixed (30 s to 5 min) would keep a library from ever having a token in scenarios with short ones, so the server tells those',
    'that its tokens live longer by as much: their margin begins where that of the others begins.',
    ...held.flatMap(({ scenario, told }) => ['', ...section(scenario, peers, told)]),
    '',
  ].join('\n')
}

/** The page with the sections of the scenarios that were run in place of those that it has; the others stay as they are. */
export function withSections(page: string, peers: readonly Peer[], held: readonly Held[]): string {
  const sections = page.split(/^(?=## )/m)
  for (const { scenario, told } of held) {
    const place = sections.findIndex((text) => text.startsWith(`## ${scenario.title}\n`))
    if (place < 0)
      throw new Error(`docs/bench.md has no section “${scenario.title}”: run all scenarios, and then --write`)
    sections[place] = `${section(scenario, peers, told).join('\n')}\n\n`
  }
  return `${sections.join('').trimEnd()}\n`
}

function section(scenario: Scenario, peers: readonly Peer[], told: Held['told']): string[] {
  const { title, about, columns } = scenario
  return [
    `## ${title}`,
    '',
    about,
    '',
    `| | ${columns.map(({ heading }) => heading).join(' | ')} |`,
    `| --- | ${columns.map(() => '---:').join(' | ')} |`,
    ...peers.map(
      ({ name }) => `| ${name} | ${columns.map((column) => cell(column, told.get(name) ?? [])).join(' | ')} |`,
    ),
  ]
}

function cell(column: Column, told: readonly Told[]): string {
  const value = overRounds(told, column.of)
  if (typeof value === 'string') return value.replaceAll('|', '\\|')
  if (Number.isNaN(value)) return '–'
  const { digits = 0, ideal } = column
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return ideal !== undefined && value === ideal ? `**${text}**` : text
}

/** For a terminal: one table a scenario. */
export function plain({ scenario, told }: Held, peers: readonly Peer[]): string {
  const rows = [
    ['', ...scenario.columns.map(({ heading }) => heading)],
    ...peers.map(({ name }) => [name, ...scenario.columns.map((column) => cell(column, told.get(name) ?? []))]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const lines = rows.map((cells) =>
    cells
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [scenario.title, '', ...lines, ''].join('\n')
}
