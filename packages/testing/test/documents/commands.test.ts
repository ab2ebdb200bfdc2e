import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBlocks, documents, ROOT } from './documents.ts'

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const all = documents()

// What npm does without a script of ours: `npm install` of packages, in a project of the reader's own.
const OWN_VERBS: ReadonlySet<string> = new Set(['install'])

/** Every `npm …` of a document, in prose and in blocks, with what follows it. */
function npmCommands(text: string): string[] {
  const inProse = [...text.matchAll(/`(npm [^`\n]+)`/g)].map(([, command = '']) => command)
  const inBlocks = codeBlocks(text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith('npm '))
  return [...inProse, ...inBlocks]
}

describe('the commands in the documents', () => {
  const commands = all.flatMap(({ path, text }) => npmCommands(text).map((command) => ({ path, command })))

  it('are found', () => {
    expect(commands.map(({ command }) => command)).toEqual(expect.arrayContaining(['npm start', 'npm test']))
  })

  it.for(commands)('$command, in $path, is a script of package.json', ({ command }) => {
    const [, verb = '', name = ''] = command.split(/\s+/)
    if (OWN_VERBS.has(verb)) return
    expect(Object.keys(scripts)).toContain(verb === 'run' ? name : verb)
  })

  it.for(commands.filter(({ command }) => command.startsWith('npm install ')))(
    '$command, in $path, names packages that there are',
    ({ command }) => {
      const names = command.split(/\s+/).slice(2)
      for (const name of names.filter((word) => !word.startsWith('-'))) {
        const folder = name.replace(/^@evergrant\//, 'packages/')
        const place = folder === name ? `packages/adapters/node_modules/${name}` : folder
        expect(existsSync(join(ROOT, place, 'package.json')), name).toBe(true)
      }
    },
  )
})

describe('the links in the documents', () => {
  const links = all.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ path, target })),
  )

  it.for(links.filter(({ target }) => !/^https?:/.test(target)))('$target, in $path, leads somewhere', (link) => {
    const [file = '', anchor] = link.target.split('#')
    const place = file === '' ? join(ROOT, link.path) : join(ROOT, dirname(link.path), file)
    expect(existsSync(place)).toBe(true)
    if (anchor === undefined) return
    const headings = [...readFileSync(place, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(/[^\w -]/g, '').replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
  })
})
