import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseKeeper } from '../../src/serve/keeper-choice.ts'
import { start } from '../support/console.ts'

const DEPLOY = join(import.meta.dirname, '../../../../deploy')
const files = readdirSync(DEPLOY)
const textOf = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8')

describe('the examples in deploy', () => {
  it.for(files)('%s gives the command only flags that it has', async (file) => {
    const flags = textOf(file)
      .split('\n')
      .filter((line) => /^ExecStart=|^CMD \["serve"/.test(line))
      .flatMap((line) => line.match(/--[a-z][a-z-]+/g) ?? [])
    const { out } = await start(['serve', '--help'], { cwd: DEPLOY }).ended
    for (const flag of flags) expect(out).toMatch(new RegExp(`^ +${flag}\\b`, 'm'))
    expect(flags.length > 0).toBe(!file.endsWith('.env'))
  })

  it('name a store and a sealing key that can be used', () => {
    const given = [...textOf('evergrant-keeper.env').matchAll(/^#?(EVERGRANT_\w+)=(.+)$/gm)]
    const stores = given.filter(([, name]) => name === 'EVERGRANT_KEEPER_STORE').map(([, , store = '']) => store)
    const others = Object.fromEntries(
      given.filter(([line]) => !line.startsWith('#')).map(([, name, text]) => [name, text]),
    )
    const kinds = stores.map((store) => {
      const choice = chooseKeeper({}, { env: { ...others, EVERGRANT_KEEPER_STORE: store }, cwd: '/' })
      expect(choice.key).toEqual({ kind: 'file', file: '/var/lib/evergrant-keeper/keeper.key' })
      return choice.place.kind
    })
    expect(kinds).toEqual(['sqlite', 'postgres', 'redis'])
    expect(textOf('Containerfile')).toContain('EVERGRANT_KEEPER_STORE=sqlite:/')
  })
})
