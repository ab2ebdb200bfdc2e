import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** One way into a published package. */
export interface EntryPoint {
  /** As it is imported, e.g. `@evergrant/adapters/ky`. */
  readonly name: string
  /** Of its package. */
  readonly packageFolder: string
  /** The built declarations. */
  readonly types: string
  /** Where the report is, and the report. */
  readonly folder: string
  readonly file: string
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

const PACKAGES = ['core', 'adapters', 'testing', 'keeper']

/** Those of all packages that are libraries, in the order of their manifests. */
export function entryPoints(): readonly EntryPoint[] {
  return PACKAGES.flatMap((directory) => {
    const packageFolder = join(ROOT, 'packages', directory)
    const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as Manifest
    return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
      if (typeof target === 'string') return []
      const folder = join(packageFolder, 'api')
      const file = join(folder, `${subpath === '.' ? 'index' : subpath.slice(2)}.api.md`)
      const name = `${manifest.name}${subpath.slice(1)}`
      return { name, packageFolder, types: join(packageFolder, target.types), folder, file }
    })
  })
}
