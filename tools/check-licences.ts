import { execFileSync } from 'node:child_process'

/**
 * Whoever installs a published package takes what it depends on as well: all of that must have a licence which lets them do as
 * MIT does. What only builds and tests use is not looked at.
 */
const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
])

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }[]
}

/** The bill of materials that a release carries (CycloneDX): names, versions and licences, from the lockfile and the store. */
function billOfMaterials(): readonly Component[] {
  const pnpm = [
    '--yes',
    '--prefer-offline',
    'pnpm@12.18.0',
    '--filter',
    './packages/*',
    'sbom',
    '--sbom-format',
    'cyclonedx',
    '--prod',
  ]
  const text = execFileSync('npx', pnpm, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return (JSON.parse(text) as { readonly components: readonly Component[] }).components
}

/** A choice, `(MIT OR GPL-2.0)`, is as good as the best that it offers. */
function isAllowed({ licenses = [] }: Component): boolean {
  const names = licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression ?? '')
  const offers = (name: string) => name.replaceAll(/[()]/g, '').split(' OR ')
  return names.length > 0 && names.every((name) => offers(name).some((offer) => ALLOWED.has(offer)))
}

const components = billOfMaterials()
const refused = components.filter((component) => !isAllowed(component))
for (const { group, name, version, licenses } of refused) {
  console.error(`${group === undefined ? name : `${group}/${name}`}@${version}: ${JSON.stringify(licenses ?? 'none')}`)
}
if (refused.length > 0) {
  console.error(
    'Their licences are not on the list of tools/check-licences.ts. Take another library, or say why this one.',
  )
  process.exitCode = 1
} else console.log(`${components.length} packages come with the published ones: licences as on the list.`)
