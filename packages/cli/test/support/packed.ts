import { execFile } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../../testing/test/documents/documents.ts'

const execute = promisify(execFile)

/** Ms for the compiler, the packer and the installer each. */
const PATIENCE = 100_000
const PACKAGES = ['core', 'adapters', 'testing', 'keeper', 'cli']
const OF_WORKSPACE = ['package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json', 'tsconfig.build.json', 'LICENSE']
const OF_PACKAGE = ['package.json', 'tsconfig.json', 'README.md', 'src']

/** An empty project in which the command was installed from its tarball. */
export interface PackedProject {
  readonly folder: string
  /** The `package.json` of each package, as it was packed. */
  readonly manifests: readonly string[]
}

/**
 * Builds and packs the packages as a release does, in a copy of the workspace, and installs what came of it. Dependencies come
 * from pnpm's store, which the setup has filled; what it lacks, from the registry.
 */
export async function installPacked(place: string): Promise<PackedProject> {
  const workspace = copyWorkspace(mkdtempSync(join(place, 'workspace-')))
  // Several checkers look at the same libraries, at twice the cost in all.
  const words = ['-b', 'tsconfig.build.json', '--singleThreaded']
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...words], workspace)
  const tarballs = join(place, 'tarballs')
  await pnpm(['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', tarballs], workspace)
  const folder = mkdtempSync(join(place, 'project-'))
  const files = globSync('*.tgz', { cwd: tarballs }).map((name) => join(tarballs, name))
  const own = (name: string): string => `file:${files.find((file) => basename(file).startsWith(name)) ?? ''}`
  const overrides = ['core', 'adapters', 'testing', 'keeper'].map(
    (name) => `  '@evergrant/${name}': ${own(`evergrant-${name}-`)}\n`,
  )
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  // What is not on the registry yet comes from its tarball, also where another package asks for it. Not hoisted: a package finds
  // what it names itself, and nothing else.
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `hoist: false\noverrides:\n${overrides.join('')}`)
  await pnpm(['add', '--prefer-offline', own('evergrant-0').replace(/^file:/, '')], folder)
  const manifests = await Promise.all(files.map((file) => run('tar', ['-xzOf', file, 'package/package.json'], place)))
  return { folder, manifests }
}

/** Rejects with all that a program said: a compiler says it on stdout. */
async function run(file: string, words: readonly string[], cwd: string): Promise<string> {
  try {
    return (await execute(file, [...words], { cwd, timeout: PATIENCE })).stdout
  } catch (cause) {
    const { message, stdout = '' } = cause as Error & { readonly stdout?: string }
    throw new Error(`${message}\n${stdout}`, { cause })
  }
}

async function pnpm(words: readonly string[], cwd: string): Promise<void> {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { packageManager: string }
  await run('npx', ['--yes', '--prefer-offline', packageManager, ...words], cwd)
}

/** What a release is made of, with links to what is installed here and to each other: no build is left in the work tree. */
function copyWorkspace(folder: string): string {
  for (const name of OF_WORKSPACE) cpSync(join(ROOT, name), join(folder, name))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  for (const name of PACKAGES) {
    const from = join(ROOT, 'packages', name)
    const to = join(folder, 'packages', name)
    for (const part of OF_PACKAGE) cpSync(join(from, part), join(to, part), { recursive: true })
    for (const module of globSync(['[!@.]*', '@*/*'], { cwd: join(from, 'node_modules') })) {
      const target = realpathSync(join(from, 'node_modules', module))
      const sibling = module.startsWith('@evergrant/') ? join(folder, 'packages', basename(target)) : target
      mkdirSync(dirname(join(to, 'node_modules', module)), { recursive: true })
      symlinkSync(sibling, join(to, 'node_modules', module), 'junction')
    }
  }
  return folder
}
