import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { readFaults, type Fault } from '../tools/proofs/faults.ts'
import { readGuardingFiles, type GuardingFile } from '../tools/proofs/guarding-files.ts'
import { LEVEL_NAMES, LEVELS, type Level } from '../tools/proofs/levels.ts'
import { PROMISE_NAMES, PROMISES, type PromiseName } from '../tools/proofs/promises.ts'
import { fillPart } from './marked-part.ts'

const ROOT = join(import.meta.dirname, '..')

/** The document that shows what guards each promise. */
export const PROOFS_PAGE = 'docs/PROOFS.md'

const ORIGIN = 'made by `npm run proofs:page` from proofs/*.patch and the names of the tests'

/** The document with what the patches and the tests say now between its markers. */
export function showProofs(text: string): string {
  const explained = fillPart(text, { what: 'levels', origin: ORIGIN }, `\n\n${levels()}\n\n`)
  const content = proofs(readFaults(ROOT), readGuardingFiles(ROOT))
  return fillPart(explained, { what: 'proofs', origin: ORIGIN }, `\n\n${content}\n\n`)
}

function levels(): string {
  const rows = LEVEL_NAMES.map((level) => `| ${level} | ${LEVELS[level]} |`)
  return ['| level | what its tests look at |', '| --- | --- |', ...rows].join('\n')
}

function proofs(faults: readonly Fault[], claiming: readonly GuardingFile[]): string {
  const sections = PROMISE_NAMES.map((promise) => {
    const own = faults.filter(({ guards }) => guards.some((guard) => guard.promises.includes(promise)))
    return [
      `### ${promise}`,
      PROMISES[promise],
      levelTable(promise, own, claiming),
      own.map((fault) => faultItem(promise, fault)).join('\n'),
    ]
  })
  const total = `${faults.length} faults, which turn ${countGuards(faults)} tests red.`
  return [total, ...sections.flat()].join('\n\n')
}

/** The files that guard the promise at each level, and how many of their tests a fault was tried on. */
function levelTable(promise: PromiseName, faults: readonly Fault[], claiming: readonly GuardingFile[]): string {
  const claims = claiming.filter((one) => one.promise === promise)
  const guards = faults.flatMap((fault) => fault.guards).filter((guard) => guard.promises.includes(promise))
  const rows = LEVEL_NAMES.flatMap((level) => {
    const files = filesAt(level, [...claims, ...guards])
    if (files.length === 0) return []
    const seen = new Set(guards.filter((guard) => guard.level === level).map(({ file, name }) => `${file} ${name}`))
    return [`| ${level} | ${files.map(link).join(', ')} | ${seen.size} |`]
  })
  return ['| level | guarded in | tests seen red |', '| --- | --- | --- |', ...rows].join('\n')
}

function filesAt(level: Level, named: readonly { readonly file: string; readonly level: Level }[]): string[] {
  return [...new Set(named.filter((one) => one.level === level).map(({ file }) => file))].toSorted()
}

function faultItem(promise: PromiseName, { path, name, sentence, guards }: Fault): string {
  const tests = guards
    .filter((guard) => guard.promises.includes(promise))
    .map(
      (guard) =>
        `  - ${guard.level}, ${guard.file.startsWith('npm ') ? `\`${guard.file}\`` : basename(guard.file)}: ${guard.name}`,
    )
  return [`- [${name}](${fromPage(path)}): ${sentence}`, ...tests].join('\n')
}

function link(file: string): string {
  return file.startsWith('npm ') ? `\`${file}\`` : `[${basename(file, '.test.ts')}](${fromPage(file)})`
}

function fromPage(path: string): string {
  return relative(dirname(PROOFS_PAGE), path).replaceAll('\\', '/')
}

function countGuards(faults: readonly Fault[]): number {
  return new Set(faults.flatMap(({ guards }) => guards.map(({ file, name }) => `${file} ${name}`))).size
}

if (import.meta.main) {
  const path = join(ROOT, PROOFS_PAGE)
  writeFileSync(path, showProofs(readFileSync(path, 'utf8')))
}
