import { cpSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pnpm } from './run.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url))
const OWN = ['core', 'adapters', 'testing']

/** An empty project in which the built packages were installed from their tarballs; the programs lie in it. */
export async function installPackages(place: string): Promise<string> {
  const tarballs = join(place, 'tarballs')
  const folder = join(place, 'project')
  mkdirSync(folder)
  await pnpm(['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', tarballs], ROOT)
  const files = globSync('*.tgz', { cwd: tarballs })
  const tarball = (name: string): string => {
    const file = files.find((one) => basename(one).startsWith(`evergrant-${name}-`))
    if (file === undefined) throw new Error(`no tarball of ${name} in ${files.join(', ')}`)
    return `file:${join(tarballs, file)}`
  }
  const overrides = OWN.map((name) => `  '@evergrant/${name}': ${tarball(name)}\n`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const builds = ['esbuild', 'workerd', 'sharp', 'node', 'bun', 'deno'].map((name) => `  ${name}: true\n`)
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    `overrides:\n${overrides.join('')}allowBuilds:\n${builds.join('')}`,
  )
  await pnpm(['add', '--prefer-offline', ...OWN.map(tarball), 'ky', 'esbuild'], folder)
  cpSync(PROGRAMS, folder, { recursive: true })
  return folder
}
