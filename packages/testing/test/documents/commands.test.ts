import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBlocks, documents, ROOT } from './documents.ts'

interface Manifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const all = documents()

/** Where each package of this repository lies, and the command that it brings. */
const OWN_PACKAGES = new Map(
  globSync('packages/*/package.json', { cwd: ROOT }).map((path) => {
    const { name, bin = {} } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest
    return [name, { folder: dirname(path), commands: Object.keys(bin) }] as const
  }),
)
const OWN_COMMANDS = new Set([...OWN_PACKAGES.values()].flatMap(({ commands }) => commands))

// What npm does without a script of ours: `npm install` of packages, in a project of the reader's own.
const OWN_VERBS: ReadonlySet<string> = new Set(['install'])

/** Every `npm …` and `npx …` of a document, in prose and in blocks, with what follows it. */
function npmCommands(text: string): string[] {
  const inProse = [...text.matchAll(/`(np[mx]\s[^`]+)`/g)].map(([, command = '']) => command.replaceAll(/\s+/g, ' '))
  const inBlocks = codeBlocks(text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => /^np[mx] /.test(line))
  return [...inProse, ...inBlocks]
}

describe('the commands in the documents', () => {
  const commands = all.flatMap(({ path, text }) => npmCommands(text).map((command) => ({ path, command })))

  it('are found', () => {
    expect(commands.map(({ command }) => command)).toEqual(expect.arrayContaining(['npm start', 'npm test']))
  })

  it.for(commands)(
    '$command, in $path, is a script, a tool of the workspace, or a command that a package brings',
    ({ command }) => {
      const [npm, verb = '', name = ''] = command.split(/\s+/).filter((word) => word !== '-s')
      const tool = npm === 'npx' ? verb : verb === 'exec' ? name : null
      const script = verb === 'run' ? name : verb
      const known =
        tool === null
          ? OWN_VERBS.has(verb) || Object.hasOwn(scripts, script)
          : OWN_COMMANDS.has(tool) || existsSync(join(ROOT, 'node_modules/.bin', tool))
      expect(known).toBe(true)
    },
  )

  it('call evergrant by commands that it has', () => {
    const commandsOf = readdirSync(join(ROOT, 'packages/cli/src/commands')).map((file) => file.replace('.ts', ''))
    const given = commands.flatMap(
      ({ command }) => /^(?:npx|npm run -s) evergrant (?:-- )?(\S+)/.exec(command)?.[1] ?? [],
    )
    expect(given).toEqual(expect.arrayContaining(['login', 'status', 'curl', 'doctor']))
    expect(given.filter((word) => /^\w/.test(word) && !commandsOf.includes(word))).toEqual([])
  })

  it('give npm start only flags that the tour knows', () => {
    const options = readFileSync(join(ROOT, 'examples/bot/tour/options.ts'), 'utf8')
    const known = [...options.matchAll(/^ +(\w+): \{ type: 'boolean'/gm)].map(([, name]) => `--${name}`)
    const starts = commands.filter(({ command }) => command.startsWith('npm start -- '))
    const given = starts.flatMap(({ command }) => command.split(' ').slice(3))
    expect(given.length).toBeGreaterThan(0)
    expect(given.filter((flag) => !known.includes(flag))).toEqual([])
  })

  it.for(commands.filter(({ command }) => command.startsWith('npm install ')))(
    '$command, in $path, names packages that there are',
    ({ command }) => {
      const names = command
        .split(/\s+/)
        .slice(2)
        .filter((word) => !word.startsWith('-'))
      const missing = names.filter((name) => {
        const place = OWN_PACKAGES.get(name)?.folder ?? `packages/adapters/node_modules/${name}`
        return !existsSync(join(ROOT, place, 'package.json'))
      })
      expect(missing).toEqual([])
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
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
  })
})
