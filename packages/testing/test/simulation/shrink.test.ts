import { describe, expect, it } from 'vitest'
import type { Happening } from '../../src/simulation/happenings.ts'
import { shrink } from '../../src/simulation/shrink.ts'
import type { Violation } from '../../src/simulation/trial.ts'

const violation: Violation = { promise: 'P7', at: 9, words: 'a grant was lost' }

const happenings = (count: number): Happening[] =>
  Array.from({ length: count }, (_, at) => ({ type: 'kill', at, process: 0, back: 0 }))

const times = (left: readonly Happening[]) => left.map(({ at }) => at)

describe('a story is shrunk', () => {
  it.for([[[7]], [[0, 39]], [[3, 4, 5, 20]], [[]]])('to the happenings %j that it needs', async ([needed]) => {
    const breaks = async (left: readonly Happening[]) =>
      (needed ?? []).every((at) => left.some((one) => one.at === at)) ? violation : null
    expect(times(await shrink(happenings(40), violation, breaks))).toEqual(needed)
  })

  it('keeps what only leads to another promise', async () => {
    const breaks = async (left: readonly Happening[]): Promise<Violation> =>
      left.length === 4 ? violation : { ...violation, promise: 'P1' }
    expect(await shrink(happenings(4), violation, breaks)).toHaveLength(4)
  })

  it('ends, however long the story', async () => {
    let tries = 0
    const never = async () => {
      tries += 1
      return null
    }
    expect(await shrink(happenings(5_000), violation, never)).toHaveLength(5_000)
    expect(tries).toBeLessThanOrEqual(400)
  })
})
