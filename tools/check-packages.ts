import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The published packages must be what their package.json says: publint, attw, and the exports map against the files. */
const packages = ['core', 'adapters', 'testing', 'keeper', 'cli'].map((name) => join('packages', name))

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

let problems = 0
for (const folder of packages) {
  console.log(`\n${folder}`)
  run('publint', ['--strict', '--pack', 'npm', folder])
  run('attw', ['--pack', folder, '--profile', 'esm-only', '--format', 'ascii'])
  compareExports(folder)
}
process.exit(problems === 0 ? 0 : 1)

function run(command: string, parameters: readonly string[]): void {
  try {
    execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    console.log(`  ${command}: good`)
  } catch (error) {
    problems += 1
    console.error(`  ${command} found problems:\n${(error as { stdout?: string }).stdout ?? String(error)}`)
  }
}

/** Both ways: what the exports map names is built, and each file at the top of src is a subpath. */
function compareExports(folder: string): void {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const named = new Set<string>()
  for (const target of Object.values(manifest.exports)) {
    for (const file of typeof target === 'string' ? [target] : Object.values(target)) {
      named.add(file)
      if (!existsSync(join(folder, file))) complain(`${file} is in exports but was not built`)
    }
  }
  if (folder.endsWith('adapters')) {
    for (const file of globSync('src/*.ts', { cwd: folder })) {
      if (!named.has(`./${file}`) && file !== join('src', 'version.ts')) complain(`${file} is not in exports`)
    }
  }
}

function complain(problem: string): void {
  problems += 1
  console.error(`  exports: ${problem}`)
}
