import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { levelOf, type Level } from './levels.ts'
import { isPromiseName, promisesAtStart, type PromiseName } from './promises.ts'

/** The folder of the patches, from the root of the repository. */
const PATCHES = 'proofs'

/** A test that must turn red under a fault. */
export interface Guard {
  /** From the root, with slashes; or an `npm run simulate` with its options. */
  readonly file: string
  /** A part of the full name of the test; for a simulation, of what it prints. */
  readonly name: string
  /** Text of the failure, where it is not that of an assertion. */
  readonly failure: string | null
  readonly level: Level
  readonly promises: readonly PromiseName[]
}

/** A small fault made by hand, as a patch against the sources. */
export interface Fault {
  readonly name: string
  /** From the root. */
  readonly path: string
  readonly promises: readonly PromiseName[]
  /** One plain sentence. */
  readonly sentence: string
  readonly guards: readonly Guard[]
}

/** All faults, by name. Throws for a header that says too little. */
export function readFaults(root: string): Fault[] {
  return globSync(`${PATCHES}/*.patch`, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => parseFault(path, readFileSync(join(root, path), 'utf8')))
}

/** Reads the lines before the diff, which `git apply` passes over. */
export function parseFault(path: string, text: string): Fault {
  const lines = text.slice(0, text.search(/^(?:diff |--- )/m)).split('\n')
  const fields = lines.filter((line) => line.trim() !== '').map((line) => fieldOf(path, line))
  const valueOf = (key: string) => fields.find((field) => field.key === key)?.value ?? ''
  const promises = valueOf('Promise').split(/,\s*/).filter(isPromiseName)
  const sentence = valueOf('Fault')
  const guards = fields.flatMap(({ key, value }, index): Guard[] => {
    if (key !== 'Test') return []
    const next = fields[index + 1]
    return [guardOf(path, value, next?.key === 'Failure' ? next.value : null, promises)]
  })
  if (promises.length === 0) throw new Error(`${path}: say which promise it breaks, as "Promise: P1"`)
  if (sentence === '') throw new Error(`${path}: say what is wrong, as "Fault: one sentence."`)
  if (guards.length === 0) throw new Error(`${path}: name a test, as "Test: file › name"`)
  return { name: basename(path, '.patch'), path, promises, sentence, guards }
}

function fieldOf(path: string, line: string): { readonly key: string; readonly value: string } {
  const [, key = '', value = ''] = /^(Promise|Fault|Test|Failure): (.+)$/.exec(line) ?? []
  if (key === '') throw new Error(`${path}: "${line}" is no line of a header`)
  return { key, value: value.trim() }
}

function guardOf(path: string, value: string, failure: string | null, promises: readonly PromiseName[]): Guard {
  const [file = '', name = ''] = value.split(' › ')
  const level = levelOf(file)
  if (name === '' || level === null) throw new Error(`${path}: "${value}" names no test that guards a promise`)
  const named = promisesAtStart(name)
  return { file, name, failure, level, promises: named.length > 0 ? named : promises }
}
