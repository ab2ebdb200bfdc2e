import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundlePackages, withoutTypes } from '../../../adapters/test/processes/bundle-packages.ts'
import { ROOT, type Program } from './documents.ts'

/** What adapters are for, and what readers have beside it. */
const PEERS = [
  '@angular/core',
  '@napi-rs/keyring',
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  '@statelyai/inspect',
  '@tastytrade/api',
  '@types/react',
  '@types/react-dom',
  'axios',
  'ky',
  'oauth4webapi',
  'pg',
  'pino',
  'react',
  'react-dom',
  'redis',
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
  'prom-client': 'packages/keeper/node_modules/prom-client',
  rxjs: 'packages/core/node_modules/rxjs',
  ...Object.fromEntries(PEERS.map((name) => [name, `packages/adapters/node_modules/${name}`])),
}

interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly error: string
}

/** A folder like a reader's own project, outside the repository, in which the programs of documents are run. */
export interface Workshop extends Disposable {
  /** Writes a program to a file of its own, to be type-checked. */
  write(program: Program): void
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
const PART_OF_A_SUITE = '--test-name-pattern=expiring –SLEEP→ revoked|grant-revoked|encrypted'

// Several checkers look at the same libraries, at twice the cost in all.
const TSC_FLAGS = ['--singleThreaded']

export async function openWorkshop(): Promise<Workshop> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'evergrant-documents-')))
  const inFolder = (...names: string[]) => join(folder, ...names)
  for (const [name, place] of Object.entries(PACKAGES)) {
    const link = inFolder('node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(ROOT, place)), link, 'junction')
  }
  const compilerOptions = { noEmit: true, composite: false, types: ['node'], noPropertyAccessFromIndexSignature: false }
  const config = { extends: join(ROOT, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(inFolder('tsconfig.json'), JSON.stringify(config))
  writeFileSync(inFolder('package.json'), JSON.stringify({ type: 'module', private: true }))

  // Below the sources that types are checked against: programs are run with the same packages in few files.
  await bundlePackages(inFolder('bundled'))
  writeFileSync(inFolder('bundled/stand-in.mjs'), STAND_IN)

  const fileOf = ({ name }: Program, extension: string) => `${name.replaceAll(/[^\w]+/g, '-')}.${extension}`

  return {
    write: (program) => writeFileSync(inFolder(fileOf(program, 'ts')), program.code),
    async run(program) {
      const cwd = mkdtempSync(inFolder('run-'))
      // As Node does it: each process would take a third of its time to load what takes them away.
      const file = inFolder('bundled', fileOf(program, 'mjs'))
      writeFileSync(file, await withoutTypes(program.code))
      const standIn = program.code.includes('fakeTastytrade(') ? [] : ['--import', inFolder('bundled/stand-in.mjs')]
      const suite = program.code.includes("from 'node:test'") ? [PART_OF_A_SUITE] : []
      // What many programs import is compiled for the first of them, which halves what each takes.
      const env = { NODE_COMPILE_CACHE: inFolder('compiled') }
      return start([...standIn, ...suite, file], cwd, env, program.endAfter)
    },
    check: () => start([join(ROOT, 'node_modules/typescript/bin/tsc'), ...TSC_FLAGS, '-p', folder], folder, {}, null),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function start(
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>>,
  endAfter: Program['endAfter'],
): Promise<Run> {
  return new Promise((resolve, reject) => {
    // Without what this process has in its environment: nobody's own credentials get into a test.
    const { PATH, REDIS_URL, DATABASE_URL } = process.env
    const servers = { ...(REDIS_URL ? { REDIS_URL } : {}), ...(DATABASE_URL ? { DATABASE_URL } : {}) }
    const env = { PATH, HOME: cwd, NO_COLOR: '1', ...servers, ...more }
    // A program that does not end is ended, and shows by its signal that it had to be.
    const bound = { timeout: 100_000, killSignal: 'SIGKILL' } as const
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...bound })
    let out = ''
    let error = ''
    let told = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      // Once: a program that lets go of the signal when it has come would be killed by the second.
      if (told || endAfter === null || !out.includes(endAfter)) return
      told = child.kill('SIGTERM')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, out, error }))
  })
}
