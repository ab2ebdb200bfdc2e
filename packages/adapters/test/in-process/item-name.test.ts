import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import { itemName } from '../../src/in-process/item-name.ts'

describe('the name of an item', () => {
  it('can be read', () => {
    expect(itemName('grant/default')).toBe('grant__default')
    expect(itemName('issuer/https://login.test:8443')).toBe('issuer__https_3a____login_2etest_3a8443')
    expect(itemName('grant/Main_1')).toBe('grant___4dain_5f1')
    expect(itemName('')).toBe('_')
  })

  it('is one that every file system and driver takes, and another for each key, also without regard to case', () => {
    const keys = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.string({ unit: fc.constantFrom('a', 'A', '_', '/', '.', ':', 'x', '2', 'e', 'ß'), maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 138, maxLength: 142 }),
    )
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        for (const name of [itemName(one), itemName(other)]) expect(name).toMatch(/^[a-z0-9_-]{1,140}$/)
        expect(itemName(one) === itemName(other)).toBe(one === other)
      }),
      cases(2_000),
    )
  })
})
