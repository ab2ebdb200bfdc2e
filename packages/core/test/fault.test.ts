import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { invalidOptions } from '../src/errors.ts'
import { asFault } from '../src/fault.ts'

const CANARY = 'canary-in-a-coal-mine'

describe('a fault that nobody foresaw', () => {
  it('is passed on if it is an error of ours', () => {
    const error = invalidOptions('floor', 'negative', 'Give more.')
    expect(asFault(error)).toBe(error)
  })

  it('P11 becomes an internal error that names its kind, and quotes nothing', () => {
    const cases: readonly (readonly [unknown, string])[] = [
      [new TypeError(CANARY), 'TypeError'],
      [CANARY, 'string'],
      [{ message: CANARY }, 'object'],
      [undefined, 'undefined'],
    ]
    for (const [thrown, kind] of cases) {
      const fault = asFault(thrown)
      expect([fault.code, fault.details]).toEqual(['internal', { where: 'store or source' }])
      expect(fault.message).toContain(`(${kind})`)
      expect(inspect(fault, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
    }
  })
})
