import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefaultTheme } from 'vitepress'

const ROOT = join(import.meta.dirname, '../..')

type Item = DefaultTheme.SidebarItem

/** A page of the repository, under its own heading if no other text is given; none if there is no such page (yet). */
function page(path: string, text?: string): Item[] {
  const file = join(ROOT, path)
  if (!existsSync(file)) return []
  const [, heading = path] = /^# (.+)$/m.exec(readFileSync(file, 'utf8')) ?? []
  return [{ text: text ?? heading.replaceAll(/[`\\]/g, ''), link: `/${path.replace(/\.md$/, '')}` }]
}

/** All pages of a folder: in the order in which its README links to them, the others after these by name. */
function pagesIn(folder: string): Item[] {
  const index = join(ROOT, folder, 'README.md')
  const text = existsSync(index) ? readFileSync(index, 'utf8') : ''
  const place = (name: string): number => (text.includes(`](${name}`) ? text.indexOf(`](${name}`) : Infinity)
  const names = globSync('*.md', { cwd: join(ROOT, folder) }).filter((name) => !/^(?:README|index)\./.test(name))
  const sorted = names.toSorted().toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
  return sorted.flatMap((name) => page(`${folder}/${name}`))
}

const group = (text: string, items: readonly Item[], collapsed?: boolean): Item[] =>
  items.length === 0 ? [] : [{ text, items: [...items], ...(collapsed === undefined ? {} : { collapsed }) }]

/** Read when the site is built: a page that is added to a folder is in it. */
export function sidebar(): Item[] {
  return [
    ...group('Start', [
      ...page('docs/start.md'),
      ...page('docs/tutorial.md'),
      ...page('packages/cli/README.md', 'The command'),
      ...page('README.md', 'The README'),
    ]),
    ...group('Concepts', [
      ...page('docs/concepts.md'),
      ...page('docs/lifecycle.md'),
      ...page('docs/protocol.md'),
      ...page('ARCHITECTURE.md'),
    ]),
    ...group('Recipes', [...page('docs/recipes/README.md', 'All recipes'), ...pagesIn('docs/recipes')]),
    ...group('Adapters', [...page('docs/adapters/README.md', 'All adapters'), ...pagesIn('docs/adapters')]),
    ...group('Many accounts', [
      ...page('docs/accounts.md', 'A pool of sessions'),
      ...page('docs/keeper.md'),
      ...page('docs/operating.md'),
    ]),
    ...group('Testing', [...page('packages/testing/README.md', 'The test kit'), ...pagesIn('docs/testing')]),
    ...group('Troubles and security', [
      ...page('docs/troubles.md'),
      ...page('docs/security.md'),
      ...page('SECURITY.md', 'Report a problem'),
    ]),
    ...group('Proofs', [
      ...page('docs/PROOFS.md'),
      ...page('docs/mutants.md'),
      ...page('docs/bench.md'),
      ...page('docs/growth.md'),
    ]),
    ...group('Decisions', pagesIn('docs/decisions'), true),
    ...group('API', [...page('docs/api/index.md', 'All packages'), ...pagesIn('docs/api')], true),
  ]
}
