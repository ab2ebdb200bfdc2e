import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { document, ROOT } from './documents.ts'

const CORE = join(ROOT, 'packages/core/src')
const { text } = document('ARCHITECTURE.md')
const files = globSync('**/*.ts', { cwd: CORE }).map((path) => path.replaceAll('\\', '/'))

/** The rooms of core from top to bottom, each with its files. */
const rooms = text
  .split('## The rooms of core')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((row) => [...row.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file = '']) => file))

/** What a file uses when it runs; imports of types alone are gone by then. */
function uses(file: string): string[] {
  const source = readFileSync(join(CORE, file), 'utf8')
  const imports = source.matchAll(/^(?:import|export) (?!type\b)([^'";]*?) from '(\.[^']+)'/gms)
  return [...imports].flatMap(([, names = '', path = '']) => {
    const listed = /\{(.*)\}/s.exec(names)?.[1]?.split(',') ?? ['*']
    const onlyTypes = listed.every((name) => name.trim() === '' || name.trim().startsWith('type '))
    return onlyTypes ? [] : [posix.join(dirname(file), path)]
  })
}

describe('ARCHITECTURE.md', () => {
  it('names every file of core in one room, and none that is not there', () => {
    expect(rooms.flat().toSorted()).toEqual(files.toSorted())
  })

  it.for(rooms.flatMap((room, level) => room.map((file) => ({ file, level }))))(
    'is right that $file uses nothing of a room above',
    ({ file, level }) => {
      const above = new Set(rooms.slice(0, level).flat())
      expect(uses(file).filter((used) => above.has(used))).toEqual([])
    },
  )

  it('is right about imports, which the test before finds at all', () => {
    expect(uses('session/session.ts')).toContain('session/session-engine.ts')
    expect(uses('machine/machine.ts')).toContain('machine/updates.ts')
    expect(uses('provider.ts')).toEqual([])
  })

  it.for(['core', 'adapters', 'testing'])('is right about the packages that %s uses', (name) => {
    const allowed: Readonly<Record<string, readonly string[]>> = { core: [], adapters: ['core'], testing: ['core'] }
    const sources = globSync('**/*.ts', { cwd: join(ROOT, 'packages', name, 'src') })
    const used = sources.flatMap((file) => {
      const source = readFileSync(join(ROOT, 'packages', name, 'src', file), 'utf8')
      return [...source.matchAll(/^(?:import|export)[^'"]* from '@evergrant\/(\w+)/gm)].map(([, other]) => other)
    })
    expect([...new Set(used)]).toEqual(allowed[name])
  })

  it('names no file and no folder that is not there', () => {
    const everything = globSync('packages/*/src/**', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
    const names = [...text.matchAll(/`([\w./-]+?)(\.ts|\/)`/g)].map(([, name = '', end = '']) => `${name}${end}`)
    const missing = names.filter((name) =>
      name.endsWith('/')
        ? !everything.some((path) => path.endsWith(`/src/${name.slice(0, -1)}`))
        : !everything.some((path) => path.endsWith(`/${name}`) || basename(path) === name),
    )
    expect(names.length).toBeGreaterThan(50)
    expect(missing).toEqual([])
  })
})
