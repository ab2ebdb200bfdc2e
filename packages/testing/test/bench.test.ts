import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

// It starts servers in processes of their own, on a machine that is busy with other tests.
const PATIENCE = 120_000

const run = promisify(execFile)
const main = fileURLToPath(new URL('../../../bench/main.ts', import.meta.url))
const bench = (...parameters: readonly string[]) =>
  run(process.execPath, ['--expose-gc', '--conditions=@evergrant/source', main, ...parameters], { timeout: PATIENCE })

interface Report {
  readonly node: string
  readonly figures: readonly {
    readonly id: string
    readonly median: number
    readonly min: number
    readonly max: number
  }[]
}

// What is fast enough is for the bench to say, on a machine that does nothing else.
describe('npm run bench', () => {
  it(
    'gives a finite number for every budget',
    async () => {
      const { stdout } = await bench('--quick', '--json')
      const report = JSON.parse(stdout) as Report
      expect(report.node).toBe(process.version)
      expect(new Set(report.figures.map(({ id }) => id))).toEqual(
        new Set(['B1', 'B2', 'B3', 'B6', 'B10', 'K1', 'K2', 'K3', 'K4', 'K5']),
      )
      const numbers = report.figures.flatMap(({ median, min, max }) => [median, min, max])
      expect(numbers.filter((number) => !Number.isFinite(number))).toEqual([])
    },
    PATIENCE,
  )

  it('ends with 2 and one line for an option that there is not', async () => {
    const failure = bench('--fast')
    await expect(failure).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/^bench: .*--fast.*\n$/) })
  }, 30_000)
})
