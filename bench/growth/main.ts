import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawChart } from './chart.ts'
import { measureProcesses, type ProcessesCost } from './processes.ts'
import { runChild } from './run-child.ts'
import type { SessionsCost } from './sessions.ts'

/** How cost grows: sessions in one process, and processes with one grant. `--write` puts the page and its pictures into docs. */
const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})

const COUNTS = values.quick ? [1, 10, 100] : [1, 10, 100, 1_000, 10_000, 100_000]
const PROCESSES = values.quick ? [1, 2] : [1, 2, 4, 8]
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
const SESSIONS = new URL('sessions.ts', import.meta.url)

const sessions: SessionsCost[] = []
for (const count of COUNTS) {
  tell(`${count} sessions`)
  sessions.push((await runChild(SESSIONS, [String(count)], null)) as SessionsCost)
}
const processes: ProcessesCost[] = []
for (const count of PROCESSES) {
  tell(`${count} processes`)
  processes.push(await measureProcesses(count))
}
tell('')
const page = markdown(sessions, processes)
console.log(page)
if (values.write) write(page)

function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

function markdown(bySession: readonly SessionsCost[], byProcess: readonly ProcessesCost[]): string {
  const number = (value: number, digits = 0) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
  return [
    '# How cost grows',
    '',
    '<!-- Made by `npm run bench:growth -- --write`; edit bench/growth instead. -->',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version} on ${machine}. Each row is a process of its own.`,
    '',
    '## Sessions in one process',
    '',
    '![Heap of a session, by how many there are](pictures/growth-sessions.svg)',
    '',
    '| sessions | heap of a live one, bytes | of one that sleeps in a pool | to construct, µs | to log in, µs | a call for its token, µs |',
    '| ---: | ---: | ---: | ---: | ---: | ---: |',
    ...bySession.map(
      ({ count, live, asleep, constructing, loggingIn, calling }) =>
        `| ${number(count)} | ${number(live)} | ${number(asleep)} | ${number(constructing, 1)} | ${number(loggingIn, 1)} | ${number(calling, 2)} |`,
    ),
    '',
    'A handful of sessions shares what a hundred thousand share: what looks dear in the first rows is the code, compiled once.',
    '',
    '## Processes with one grant',
    '',
    'Tokens of one second, strict rotation, one file; each process asks every 20 ms.',
    '',
    '| processes | token requests a renewal that is due | calls served | the longest wait, ms |',
    '| ---: | ---: | ---: | ---: |',
    ...byProcess.map(
      ({ count, requests, served, longest }) =>
        `| ${count} | ${number(requests, 2)} | ${number(served * 100, 1)} % | ${number(longest, 0)} |`,
    ),
    '',
  ].join('\n')
}

function write(text: string): void {
  mkdirSync(`${DOCS}pictures`, { recursive: true })
  writeFileSync(`${DOCS}growth.md`, text)
  const chart = drawChart({
    title: 'Heap of a session, by how many there are',
    x: { name: 'sessions in the process', places: sessions.map(({ count }) => count) },
    y: { name: 'bytes', log: true },
    lines: [
      { name: 'live', values: sessions.map(({ live }) => live) },
      { name: 'asleep in a pool', values: sessions.map(({ asleep }) => asleep) },
    ],
  })
  writeFileSync(`${DOCS}pictures/growth-sessions.svg`, chart)
  console.error('Written: docs/growth.md and its picture')
}
