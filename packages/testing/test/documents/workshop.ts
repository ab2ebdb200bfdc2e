import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT, type Program } from './documents.ts'

/** What adapters are for, and what readers have beside it. */
const PEERS = [
  '@angular/core',
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  '@statelyai/inspect',
  '@tastytrade/api',
  '@types/react',
  '@types/react-dom',
  'axios',
  'ky',
  'pino',
  'react',
  'react-dom',
  'solid-js',
  'svelte',
  'undici',
  'unstorage',
  'vue',
  'xstate',
]

/** Where the programs of a document find each package that they name. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@evergrant/core': 'packages/core',
  '@evergrant/adapters': 'packages/adapters',
  '@evergrant/keeper': 'packages/keeper',
  '@evergrant/testing': 'packages/testing',
  '@types/node': 'node_modules/@types/node',
  rxjs: 'packages/core/node_modules/rxjs',
  ...Object.fromEntries(PEERS.map((name) => [name, `packages/adapters/node_modules/${name}`])),
}

// What many programs import is compiled for the first of them, which halves what each takes.
const COMPILED = join(ROOT, 'node_modules/.cache/compiled')

interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly error: string
}

/** A folder like a reader's own project, outside the repository, in which the programs of documents are run. */
export interface Workshop extends Disposable {
  readonly folder: string
  /** Writes a program to a file of its own, and gives its name. */
  write(program: Program): string
  /** Runs it as the documents say, in a folder of its own. */
  run(program: Program): Promise<Run>
  /** Type-checks everything written. */
  check(): Promise<Run>
}

/** Imported first by what would reach the real server: in its place answers a fake that has just its credentials. */
const STAND_IN = `
import { fakeTastytrade } from '@evergrant/testing'
const fake = fakeTastytrade()
globalThis.fetch = fake.fetch
process.env.TASTY_CLIENT_SECRET = fake.credentials.clientSecret
process.env.TASTY_REFRESH_TOKEN = fake.credentials.refreshToken
`

/** Whole suites are walked elsewhere, with the same parts: here it is enough that the program makes them, and that they run. */
const PART_OF_A_SUITE = '--test-name-pattern=revoked'

export function openWorkshop(): Workshop {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'evergrant-documents-')))
  const inFolder = (...names: string[]) => join(folder, ...names)
  for (const [name, place] of Object.entries(PACKAGES)) {
    const link = inFolder('node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(ROOT, place)), link, 'junction')
  }
  writeFileSync(inFolder('package.json'), JSON.stringify({ type: 'module', private: true }))
  writeFileSync(inFolder('stand-in.mjs'), STAND_IN)
  const compilerOptions = { noEmit: true, composite: false, types: ['node'], noPropertyAccessFromIndexSignature: false }
  const config = { extends: join(ROOT, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(inFolder('tsconfig.json'), JSON.stringify(config))

  const fileOf = ({ name }: Program) => `${name.replaceAll(/[^\w]+/g, '-')}.ts`

  function write(program: Program): string {
    writeFileSync(inFolder(fileOf(program)), program.code)
    return fileOf(program)
  }

  return {
    folder,
    write,
    run(program) {
      const cwd = mkdtempSync(inFolder('run-'))
      const standIn = program.code.includes('fakeTastytrade(') ? [] : ['--import', inFolder('stand-in.mjs')]
      const suite = program.code.includes("from 'node:test'") ? [PART_OF_A_SUITE] : []
      const flags = ['--conditions=@evergrant/source', ...standIn, ...suite]
      return start([...flags, inFolder(write(program))], cwd, program.endAfter)
    },
    check: () => start([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], folder, null),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function start(args: readonly string[], cwd: string, endAfter: Program['endAfter']): Promise<Run> {
  return new Promise((resolve, reject) => {
    // Without what this process has in its environment: nobody's own credentials get into a test.
    const { PATH, REDIS_URL, DATABASE_URL } = process.env
    const servers = { ...(REDIS_URL ? { REDIS_URL } : {}), ...(DATABASE_URL ? { DATABASE_URL } : {}) }
    const env = { PATH, HOME: cwd, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILED, ...servers }
    // A program that does not end is ended, and shows by its signal that it had to be.
    const bound = { timeout: 100_000, killSignal: 'SIGKILL' } as const
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...bound })
    let out = ''
    let error = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (endAfter !== null && out.includes(endAfter)) child.kill('SIGTERM')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, out, error }))
  })
}
