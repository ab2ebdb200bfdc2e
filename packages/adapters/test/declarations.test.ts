import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, '../../docs/adapters/README.md')
const COMPILER = join(ROOT, '../../node_modules/typescript/bin/tsc')

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
const subpaths = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.slice(2))

/** The cell `needs` of each subpath that has a row on the page. */
const needs = new Map(
  readFileSync(PAGE, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .flatMap((cells) => {
      const name = /^\[`\/([\w-]+)`\]/.exec(cells[1] ?? '')?.[1]
      return name === undefined ? [] : [[name, cells.at(-3) ?? ''] as const]
    }),
)

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g

/** The packages that the declarations of a subpath import, however deep; a compiler without `skipLibCheck` wants them all. */
function importsOf(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const packages = new Set<string>()
  if (seen.has(file)) return packages
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (path.startsWith('node:')) continue
    const inner = path.startsWith('.') ? importsOf(join(dirname(file), path.replace(/\.ts$/, '.d.ts')), seen) : [path]
    for (const name of inner) packages.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
  }
  return packages
}

describe('the declarations of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-declarations-'))
  beforeAll(() => {
    // Without its references, which would be read as they were built last.
    const configuration = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        composite: false,
        declarationMap: false,
        emitDeclarationOnly: true,
        rootDir: join(ROOT, '..'),
        outDir: folder,
        typeRoots: [join(ROOT, '../../node_modules/@types')],
      },
      include: [join(ROOT, 'src')],
      references: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
    // Several checkers look at the same libraries, at twice the cost in all.
    execFileSync(process.execPath, [COMPILER, '--singleThreaded', '-p', folder], { stdio: 'pipe' })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.for(subpaths)('/%s need no package but those that it says', (subpath) => {
    const own = new Set(Object.keys(manifest.dependencies))
    const said = needs.get(subpath) ?? ''
    const unsaid = [...importsOf(join(folder, 'adapters/src', `${subpath}.d.ts`))].filter(
      (name) => !own.has(name) && !said.split(/[\s,;]+/).includes(name),
    )
    expect(unsaid).toEqual([])
  })
})
