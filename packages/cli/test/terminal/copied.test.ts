import { describe, expect, it } from 'vitest'
import { copyFault, trimCopied } from '../../src/terminal/copied.ts'

describe('what was copied', () => {
  it.for([
    ['Bearer abc', 'Bearer', true],
    ['Authorization: Bearer abc', 'Bearer', true],
    ['TASTY_CLIENT_SECRET=abc', 'name of a variable', false],
    ['\u201Cabc\u201D', 'quotation marks', true],
    ['"abc"', 'quotation marks', false],
    ["'abc", 'quotation marks', false],
    ['ab\u00A0c', 'no-break space', true],
    ['ab\u200Bc', 'cannot be seen', true],
    ['two words', 'a space or a line break', true],
    ['\u2022\u2022\u2022\u2022', 'that none has', true],
  ] as const)('shows in %j', ([text, words, sure]) => {
    expect(copyFault(text)).toMatchObject({ what: expect.stringContaining(words) as string, sure })
  })

  it.for(['a'.repeat(40), 'eyJh.eyJp.c2ln', 'p~!x==', 'A_=', 'bearer'])('does not show in %j', (text) => {
    expect(copyFault(text)).toBeNull()
  })

  it('loses what cannot be seen at its ends', () => {
    expect(trimCopied('\uFEFF\u00A0 ab c\u200B\n\u2060')).toBe('ab c')
    expect(trimCopied('\u200B')).toBe('')
  })
})
