import { lifecyclePaths } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { lifecycleMap } from '../../src/lifecycle/map.ts'
import { document } from '../documents/documents.ts'
import { movesTable, statesTable } from './lifecycle-tables.ts'

const { text } = document('docs/testing/lifecycle.md')

function between(mark: string): string {
  const [, inside] = text.split(new RegExp(`<!-- /?${mark} -->\\n`))
  return inside?.trimEnd() ?? `The document has no marks named ${mark}`
}

describe('the page on the lifecycle', () => {
  it('has the states of the model', () => {
    expect(between('states')).toBe(statesTable())
  })

  it('has the moves of the model', () => {
    expect(between('moves')).toBe(movesTable())
  })

  it('counts right', () => {
    const counted = [
      `${lifecycleMap().size} situations`,
      `${lifecyclePaths({ simple: 3 }).length} paths`,
      `${lifecyclePaths().length} paths`,
      `${lifecyclePaths({ by: 'state' }).length} paths`,
    ]
    for (const count of counted) expect(text).toContain(count)
  })
})
