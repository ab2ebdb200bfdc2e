import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Guard } from './faults.ts'
import { runNode } from './run-command.ts'

/** How one test of a file ended. */
export interface TestResult {
  readonly fullName: string
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled'
  readonly failureMessages: readonly string[]
}

/** What became of a file, or of a simulation. */
export interface FileResult {
  readonly file: string
  readonly tests: readonly TestResult[]
  /** Why it could not be run to its end; `null` if it was. */
  readonly problem: string | null
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly TestResult[]
  }[]
}

const SIMULATE = 'npm run simulate --'
/** For one test that sets no time limit of its own, in ms. */
const LONGEST_TEST = 60_000

/** What a run may take. */
export interface RunBounds {
  /** Ms, then it is killed. */
  readonly patience: number
  /** Processes at once. */
  readonly workers: number
}

/** The slowest take a third of the time on an idle machine. */
const FOR_ONE_FAULT: RunBounds = { patience: 240_000, workers: 1 }

/** Runs these tests, and no others, in a copy of the work tree. */
export async function runTests(
  folder: string,
  guards: readonly Guard[],
  { patience, workers }: RunBounds = FOR_ONE_FAULT,
): Promise<FileResult[]> {
  const simulations = guards.filter(({ file }) => file.startsWith(SIMULATE))
  const inVitest = guards.filter((guard) => !simulations.includes(guard))
  return [
    ...(inVitest.length === 0 ? [] : await runVitest(folder, inVitest, { patience, workers })),
    ...(await Promise.all(filesOf(simulations).map((command) => runSimulation(folder, command, patience)))),
  ]
}

async function runVitest(
  folder: string,
  guards: readonly Guard[],
  { patience, workers }: RunBounds,
): Promise<FileResult[]> {
  const files = filesOf(guards)
  const report = join(folder, 'report.json')
  const names = [...new Set(guards.map(({ name }) => name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)))]
  rmSync(report, { force: true })
  const run = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.workspace.ts', ...files]
  run.push('--reporter=json', `--outputFile=${report}`, '-t', names.join('|'))
  // Few workers for all files: most of the time would else go into loading the same modules again.
  run.push('--no-isolate', `--maxWorkers=${workers}`)
  // A busy machine must not make a test look as if it had missed a fault.
  run.push(`--testTimeout=${LONGEST_TEST}`)
  // One red test tells enough where only one is asked for.
  if (guards.length === 1) run.push('--bail=1')
  const { code, output } = await runNode(run, folder, patience)
  const told = readReport(report)
  if (told === null) {
    const problem = code === null ? `not done after ${patience / 1_000} s` : lastLine(output)
    return files.map((file) => ({ file, tests: [], problem }))
  }
  return files.map((file) => {
    const result = told.testResults.find(({ name }) => name.replaceAll('\\', '/').endsWith(`/${file}`))
    const tests = result?.assertionResults ?? []
    return { file, tests, problem: tests.length > 0 ? null : (result?.message ?? 'vitest did not run it') }
  })
}

/** A simulation is like one test, whose failure is what it prints. */
async function runSimulation(folder: string, command: string, patience: number): Promise<FileResult> {
  const program = ['--conditions=@evergrant/source', 'tools/simulate/main.ts']
  const { code, output } = await runNode(
    [...program, ...command.slice(SIMULATE.length).trim().split(/\s+/)],
    folder,
    patience,
  )
  if (code !== 0 && code !== 1) return { file: command, tests: [], problem: lastLine(output) }
  const failureMessages = code === 0 ? [] : [output]
  return {
    file: command,
    tests: [{ fullName: output, status: code === 0 ? 'passed' : 'failed', failureMessages }],
    problem: null,
  }
}

function filesOf(guards: readonly Guard[]): string[] {
  return [...new Set(guards.map(({ file }) => file))]
}

function readReport(path: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as VitestReport
  } catch {
    return null
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}
