import { spawn } from 'node:child_process'
import { join } from 'node:path'

const HERE = import.meta.dirname
const ROOT = join(HERE, '..')
const MINUTE = 60_000

/** A step that could not be done, and what to do about it. */
class StepFailed extends Error {
  readonly help: string

  constructor(what: string, help: string) {
    super(what)
    this.help = help
  }
}

interface Step {
  readonly what: string
  readonly command: readonly [string, ...string[]]
  readonly folder: string
  /** Ms. */
  readonly bound: number
  readonly help: string
}

const bin = (name: string): string => join(HERE, 'node_modules/.bin', name)

const INSTALL: Step = {
  what: 'Install what builds the site',
  command: [
    'npx',
    '--yes',
    '--prefer-offline',
    'pnpm@12.18.0',
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
  ],
  folder: HERE,
  bound: 5 * MINUTE,
  help: 'It needs the package registry once. If site/package.json was changed, run pnpm install in site/ first.',
}
const BUILD: Step = {
  what: 'Build the packages, whose declarations the reference is made from',
  command: ['npm', 'run', '--silent', 'build'],
  folder: ROOT,
  bound: 3 * MINUTE,
  help: 'Mend what the compiler names; npm run check:types shows it too.',
}
const CHECK: Step = {
  what: 'Check the types of the site itself',
  command: [bin('tsc'), '-p', HERE],
  folder: HERE,
  bound: MINUTE,
  help: 'Mend what the compiler names in site/.',
}
const SITE: Step = {
  what: 'Build the site',
  command: [bin('vitepress'), 'build'],
  folder: HERE,
  bound: 3 * MINUTE,
  help: 'A dead link is named with its page: mend it there.',
}
const SERVE: Step = {
  ...SITE,
  what: 'Serve the pages while they are written',
  command: [bin('vitepress'), 'dev'],
  bound: Infinity,
}

/** Runs one step with its output on the terminal, and not for longer than its bound. */
async function take({ what, command: [program, ...args], folder, bound, help }: Step): Promise<void> {
  console.log(`\n— ${what}`)
  const limit = Number.isFinite(bound) ? { signal: AbortSignal.timeout(bound) } : {}
  const ending = await new Promise<string | null>((resolve) => {
    const child = spawn(program, args, { cwd: folder, stdio: 'inherit', ...limit })
    child.once('error', (error) => {
      resolve(error.name === 'AbortError' ? `took longer than ${bound / MINUTE} minutes` : error.message)
    })
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${code ?? signal}`))
  })
  if (ending !== null) throw new StepFailed(`${what}: ${ending}`, help)
}

async function writeReference(): Promise<void> {
  console.log('\n— Write the API reference')
  const reference = await import('./reference.ts')
  const missing = await reference.writeReference()
  if (missing.length > 0) console.log(`Not built, and so not in it: ${missing.join(', ')}`)
}

async function checkLinks(): Promise<void> {
  console.log('\n— Check the links')
  const { brokenLinks } = await import('./check-links.ts')
  const broken = brokenLinks()
  if (broken.length > 0) throw new StepFailed(broken.join('\n'), 'Mend these links, each in the document of its page.')
}

/** `npm run docs`, and with `--dev` the same as a server that follows the pages. */
async function main(last: Step): Promise<void> {
  await take(INSTALL)
  await take(BUILD)
  await take(CHECK)
  await writeReference()
  await take(last)
  if (last === SERVE) return
  await checkLinks()
  console.log('\nThe site is in site/dist.')
}

try {
  await main(process.argv.includes('--dev') ? SERVE : SITE)
} catch (error) {
  if (!(error instanceof StepFailed)) throw error
  console.error(`\n${error.message}\n${error.help}`)
  process.exitCode = 1
}
