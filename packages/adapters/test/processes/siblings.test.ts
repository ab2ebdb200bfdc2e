import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { expect, it } from 'vitest'
import { whole } from '../../../../tools/extent.ts'
import { createFamily } from '../siblings/family.ts'
import { expectToLive } from '../siblings/lifetimes.ts'
import { bundledProgram } from './program.ts'
import { scratchFolder } from './scratch-folder.ts'

const putSibling = bundledProgram(new URL('fixtures/sibling.ts', import.meta.url))
const SIBLINGS = 8
// The tenth is slept through.
const LIFETIMES = whole ? 100 : 12
const PATIENCE = 240_000

/** Eight processes on one file. */
async function createFileFamily() {
  const resources = new AsyncDisposableStack()
  const folder = resources.use(scratchFolder())
  const file = join(folder.path, 'shared', '.secrets')
  const program = await putSibling(folder.path)
  const family = resources.use(await createFamily({ program, opening: file, siblings: SIBLINGS }))
  return { ...family, file, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

it(
  'P1 eight processes on one file spend a strictly rotating grant once a lifetime, and no caller fails',
  { timeout: PATIENCE },
  async () => {
    await using family = await createFileFamily()
    const { file } = family
    await expectToLive(family, {
      lifetimes: LIFETIMES,
      sleepEvery: 10,
      read: () => fileStore(file).read('grant/default'),
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(file))).toEqual([basename(file)])
  },
)

it(
  'P1 a thousand callers in eight processes on one file spend the grant once, also when all are refused at once',
  { timeout: PATIENCE },
  async () => {
    await using family = await createFileFamily()
    const { fake } = family
    const callers = 1_000 / SIBLINGS
    expect(await family.live({ pass: 0, callers, generation: 1 })).toEqual(family.allWellAt(1))
    expect(fake.tokenRequests).toBe(1)

    fake.invalidateAccessTokens()
    expect(await family.live({ pass: 0, callers, generation: 2 })).toEqual(family.allWellAt(2))
    expect(fake.tokenRequests).toBe(2)
    expect(fake.failedLogins).toBe(0)
    expect(new Set(await family.dismiss())).toEqual(new Set([0]))
  },
)
