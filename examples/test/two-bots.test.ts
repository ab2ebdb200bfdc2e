import { describe, expect, it } from 'vitest'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

describe('examples/two-bots', () => {
  it('P1 spends a strictly rotating grant once for each token, with one bot killed on the way, and no call fails', async () => {
    const bots = startExample('two-bots/main.ts', { cwd: temporaryFolder() })
    const lines = (await bots.stdout).trim().split('\n')
    expect(await bots.stderr).toBe('')
    expect(lines).toContain('Bot 2 is killed, and started again.')
    const [calls, requests, tokens] = (lines.at(-1)?.match(/\d+(?= (?:calls|token requests|tokens))/g) ?? []).map(
      Number,
    )
    expect(lines.at(-1)).toContain(' 0 failed;')
    expect(calls).toBeGreaterThan(20)
    expect(tokens).toBeGreaterThanOrEqual(7)
    expect(requests).toBe(tokens)
    const fetched = lines.filter((line) => line.includes('has fetched')).map((line) => Number(line.split(' ').at(-1)))
    // The last may have come while the bots were being stopped.
    expect(fetched.slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await bots.ended).toBe(0)
  }, 60_000)
})
