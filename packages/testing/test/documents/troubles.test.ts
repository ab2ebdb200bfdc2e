import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT_CODES } from '../../../cli/src/output/exit-code.ts'
import { document, ROOT } from './documents.ts'

const { text } = document('docs/troubles.md')

/** The sections of a part of the page: their headings, and what stands below. */
function sections(part: string): ReadonlyMap<string, string> {
  const all = text.split(`\n## ${part}\n`)[1]?.split('\n## ')[0] ?? ''
  const split = all.split('\n### ').slice(1)
  const entries = split.map((section): [string, string] => {
    const [heading = '', ...rest] = section.split('\n')
    return [heading.replaceAll('`', ''), rest.join(' ').trim()]
  })
  expect(new Set(entries.map(([heading]) => heading)).size).toBe(entries.length)
  return new Map(entries)
}

describe('the page of troubles', () => {
  it('has a section for each error code, and none besides', () => {
    const source = readFileSync(join(ROOT, 'packages/core/src/errors.ts'), 'utf8')
    const declared = /interface ErrorDetails \{(.*?)\n\}/s.exec(source)?.[1] ?? ''
    const codes = [...declared.matchAll(/readonly '?([\w-]+)'?: \{/g)].map(([, code = '']) => code)
    expect(codes.length).toBeGreaterThan(20)
    expect([...sections('By code').keys()].toSorted()).toEqual(codes.toSorted())
  })

  it('has a section for each exit code of the command', () => {
    const codes = Object.values(EXIT_CODES).map((code) => `Exit code ${code}`)
    expect([...sections('Exit codes of the command').keys()].toSorted()).toEqual(
      [...codes, 'Exit code 128+n'].toSorted(),
    )
  })

  it('says something in each, and in each of what people see', () => {
    const seen = sections('What you see')
    const all = [...seen, ...sections('By code'), ...sections('Exit codes of the command')]
    expect(seen.size).toBeGreaterThan(10)
    expect(
      all.filter(([heading, said]) => said.length < 30 && heading !== 'Exit code 0').map(([heading]) => heading),
    ).toEqual([])
  })

  it('is one click from the README, and leads to the recipes', () => {
    expect(document('README.md').text).toContain('](docs/troubles.md')
    expect(text).toContain('](recipes/README.md)')
  })
})
