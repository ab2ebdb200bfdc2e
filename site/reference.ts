import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Application, Converter, ReflectionKind, type TypeDocOptions } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import ts from 'typescript'

const PACKAGES = join(import.meta.dirname, '../packages')
const OUT = join(import.meta.dirname, '../docs/api')

interface EntryPoint {
  /** As it is imported. */
  readonly name: string
  /** Its declarations, which `npm run build` makes. */
  readonly file: string
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

// In the order in which readers need them. What has only a command has nothing to import.
const FOLDERS = ['core', 'adapters', 'keeper', 'testing']

/** Everything that can be imported of the packages of this repository. */
function entryPoints(): EntryPoint[] {
  return FOLDERS.flatMap((place) => {
    const folder = join(PACKAGES, place)
    const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    return Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === 'string' ? [] : [{ name: join(name, subpath), file: join(folder, target.types) }],
    )
  })
}

const COMPILER = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  strict: true,
  types: [],
}

/** How the pages look: options of typedoc-plugin-markdown. */
const LOOK = {
  router: 'module',
  flattenOutputFiles: true,
  excludeScopesInPaths: true,
  entryFileName: 'index',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  // Its own count of headings of one name differs from that of the page.
  useHTMLAnchors: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  sanitizeComments: true,
  pageTitleTemplates: { module: '{name}' },
  groupOrder: ['Functions', 'Interfaces', 'Type Aliases', '*'],
  // Nothing here can be written to, so that nobody needs to be told of each member.
  tableColumnSettings: { hideModifiers: true },
} as const satisfies PluginOptions & Partial<TypeDocOptions>

/** Writes the API reference to docs/api, one page for each entry point, and gives back the names of those that are not built. */
export async function writeReference(): Promise<readonly string[]> {
  const all = entryPoints()
  const built = all.filter(({ file }) => existsSync(file))
  if (built.length < 2) throw new Error('There is nothing to document yet. Run: npm run build')
  const files = built.map(({ file }) => file)
  const options: TypeDocOptions & PluginOptions = {
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: files,
    basePath: PACKAGES,
    name: 'API',
    readme: 'none',
    disableSources: true,
    // What the declarations say was checked when they were made.
    skipErrorChecking: true,
    excludeExternals: true,
    sortEntryPoints: false,
    // As they are declared: neighbours belong together, and some share a comment.
    sort: [],
    excludePrivate: true,
    outputs: [{ name: 'markdown', path: OUT }],
    logLevel: 'Error',
    ...LOOK,
  }
  // Without its readers, which look for configuration around the working folder.
  const app = await Application.bootstrapWithPlugins(options, [])
  app.options.setCompilerOptions(files, COMPILER, undefined)
  // TypeDoc names a module by its path; readers know it by what they import.
  const names = new Map(
    built.map(({ name, file }) => [relative(PACKAGES, file).replace(/(\/index)?\.d\.ts$/, ''), name]),
  )
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module)) reflection.name = names.get(reflection.name) ?? reflection.name
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the declarations; why, is written above.')
  rmSync(OUT, { recursive: true, force: true })
  await app.generateOutputs(project)
  return all.filter((entry) => !built.includes(entry)).map(({ name }) => name)
}
