import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorCode } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import type { SocketFailure } from '../../../adapters/src/websocket/status.ts'
import { ENDINGS, EXIT_CODES } from '../../../cli/src/output/exit-code.ts'
import { PROBLEM_CODES } from '../../../keeper/src/http/problem.ts'
import type { KeeperErrorCode } from '../../../keeper/src/keeper-error.ts'
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

function codesOfCore(): string[] {
  const source = readFileSync(join(ROOT, 'packages/core/src/errors.ts'), 'utf8')
  const declared = /interface ErrorDetails \{(.*?)\n\}/s.exec(source)?.[1] ?? ''
  const codes = [...declared.matchAll(/readonly '?([\w-]+)'?: \{/g)].map(([, code = '']) => code)
  expect(codes.length).toBeGreaterThan(20)
  return codes
}

// By name, so that the compiler sees when one is missing.
const KEEPER_ERRORS: Record<KeeperErrorCode, true> = {
  'keeper-insecure': true,
  'keeper-cannot-listen': true,
  'keeper-disposed': true,
  'key-not-found': true,
}
const SOCKET_FAILURES: Record<Exclude<SocketFailure['code'], ErrorCode>, true> = {
  unreachable: true,
  dropped: true,
  silent: true,
  refused: true,
  'credentials-changed': true,
}

/** Each once, less those that have their section elsewhere, in alphabetical order. */
function without(codes: readonly string[], ...elsewhere: readonly string[]): string[] {
  return [...new Set(codes)].filter((code) => !elsewhere.includes(code)).toSorted()
}

const PARTS = [
  'What you see',
  'By code',
  'Codes of the keeper',
  'Codes of the command',
  'Codes of sockets',
  'Exit codes of the command',
]

describe('the page of troubles', () => {
  it('has a section for each error code, and none besides', () => {
    expect([...sections('By code').keys()].toSorted()).toEqual(codesOfCore().toSorted())
  })

  it('has a section for each code that only the keeper has', () => {
    const codes = without([...PROBLEM_CODES, ...Object.keys(KEEPER_ERRORS)], ...codesOfCore())
    expect(codes.length).toBeGreaterThan(20)
    expect([...sections('Codes of the keeper').keys()].toSorted()).toEqual(codes)
  })

  it('has a section for each code that only the command has', () => {
    const codes = without(Object.keys(ENDINGS), ...codesOfCore(), ...Object.keys(KEEPER_ERRORS))
    expect(codes.length).toBeGreaterThan(4)
    expect([...sections('Codes of the command').keys()].toSorted()).toEqual(codes)
  })

  it('has a section for each code that only sockets have', () => {
    expect([...sections('Codes of sockets').keys()].toSorted()).toEqual(without(Object.keys(SOCKET_FAILURES)))
  })

  it('has a section for each exit code of the command', () => {
    const codes = Object.values(EXIT_CODES).map((code) => `Exit code ${code}`)
    expect([...sections('Exit codes of the command').keys()].toSorted()).toEqual(
      [...codes, 'Exit code 128+n'].toSorted(),
    )
  })

  it('says something in each, and in each of what people see', () => {
    expect(sections('What you see').size).toBeGreaterThan(10)
    const all = PARTS.flatMap((part) => [...sections(part)])
    expect(
      all.filter(([heading, said]) => said.length < 30 && heading !== 'Exit code 0').map(([heading]) => heading),
    ).toEqual([])
  })

  it('is one click from the README, and leads to the recipes', () => {
    expect(document('README.md').text).toContain('](docs/troubles.md')
    expect(text).toContain('](recipes/README.md)')
  })
})
