import { describe, expect, it } from 'vitest'
import { TABULATED, tabulate } from '../../../../docs/diagram.ts'
import { STATES } from '../../../../docs/lifecycle-cells.ts'
import { IGNORED } from '../../../../docs/lifecycle-ignored.ts'
import { lifecycleTable, undecided } from '../../../../docs/lifecycle-table.ts'
import { document } from './documents.ts'

describe('the table of states and events', () => {
  it('is that of the machine; if not, run: npm run diagram', () => {
    const { text } = document(TABULATED)
    expect(text).toBe(tabulate(text))
  })

  it('has a decision for each event that changes nothing, and none that is stale', () => {
    expect(undecided()).toEqual({ missing: [], stale: [] })
    expect(IGNORED.filter(({ why }) => !/^[A-Z].{10,}\.$/.test(why))).toEqual([])
  })

  it('has a row for each innermost state in each of its parts', () => {
    const parts = lifecycleTable().split(/^### /m).slice(1)
    expect(parts.length).toBeGreaterThan(4)
    expect(STATES).toHaveLength(9)
    for (const part of parts) {
      const rows = part.split('\n').filter((line) => line.startsWith('|'))
      expect(rows.slice(2).map((row) => row.split(' | ')[0])).toEqual(STATES.map((state) => `| \`${state}\``))
      expect(new Set(rows.map((row) => row.split(' | ').length)).size).toBe(1)
    }
  })

  it('asks for its markers', () => {
    expect(() => tabulate('# A document without them')).toThrow(/table/)
  })
})
