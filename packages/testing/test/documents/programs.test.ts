import { afterAll, describe, expect, it } from 'vitest'
import { documents, programs } from './documents.ts'
import { openWorkshop } from './workshop.ts'

// Each is a process of its own, which takes longer while others use the machine.
const PATIENCE = 120_000

describe('the programs in the documents', async () => {
  const workshop = await openWorkshop()
  const all = documents().flatMap((document) => programs(document))
  afterAll(() => workshop[Symbol.dispose]())

  it('are found, in the README and beside each package', () => {
    const places = ['README.md', ...['core', 'adapters', 'testing'].map((name) => `packages/${name}/README.md`)]
    expect(places.filter((place) => !all.some(({ name }) => name.startsWith(`${place}:`)))).toEqual([])
  })

  it.concurrent.for(all)(
    '$name runs, ends well, and prints what is said',
    { timeout: PATIENCE },
    async (program, { expect }) => {
      const { code, signal, out, error } = await workshop.run(program)
      expect({ code, signal, error }).toEqual({ code: 0, signal: null, error: '' })
      if (program.prints !== null) expect(out).toBe(program.prints)
      // So ends a suite of `node:test` of which nothing was chosen.
      expect(out).not.toMatch(/^ℹ tests 0$/m)
    },
  )

  it('pass the type checker', { timeout: PATIENCE }, async () => {
    for (const program of all) workshop.write(program)
    expect(await workshop.check()).toMatchObject({ code: 0, out: '' })
  })
})
