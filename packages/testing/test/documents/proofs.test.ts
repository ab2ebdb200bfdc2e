import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROOFS_PAGE, showProofs } from '../../../../docs/proofs-page.ts'
import { parseFault, readFaults } from '../../../../tools/proofs/faults.ts'
import { readGuardingFiles } from '../../../../tools/proofs/guarding-files.ts'
import { PROMISE_NAMES } from '../../../../tools/proofs/promises.ts'
import { document, ROOT } from './documents.ts'

const faults = readFaults(ROOT)
const guards = faults.flatMap((fault) => fault.guards.map((guard) => ({ ...guard, fault: fault.name })))

/** Suites that are exported name their tests themselves. */
const suites = globSync('packages/testing/src/**/*.ts', { cwd: ROOT }).map((path) =>
  readFileSync(join(ROOT, path), 'utf8'),
)
/** Where git must not look for a repository: a copy without one may lie in another. */
const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(ROOT) }

describe('the faults of proofs/', () => {
  it.for(faults)('$name fits the present sources; if not, make its patch anew', ({ path }) => {
    const check = () => execFileSync('git', ['apply', '--check', path], { cwd: ROOT, env, stdio: 'pipe' })
    expect(check).not.toThrow()
  })

  it('name tests that there are', () => {
    const missing = guards.filter(({ file, name }) => {
      if (file.startsWith('npm run ')) return false
      const place = join(ROOT, file)
      return !existsSync(place) || ![readFileSync(place, 'utf8'), ...suites].some((text) => text.includes(name))
    })
    expect(missing.map(({ fault, file, name }) => `${fault}: ${file} › ${name}`)).toEqual([])
  })

  it('turn a test red at each level that guards a promise by the names of its tests', () => {
    const shown = new Set(guards.flatMap(({ promises, level }) => promises.map((promise) => `${promise} ${level}`)))
    const claimed = new Set(readGuardingFiles(ROOT).map(({ promise, level }) => `${promise} ${level}`))
    expect([...claimed].filter((claim) => !shown.has(claim))).toEqual([])
    expect(PROMISE_NAMES.filter((promise) => !shown.has(`${promise} promise`))).toEqual([])
  })

  it.each([
    ['no promise', 'Fault: Something.\nTest: packages/core/test/token.test.ts › P11 a\n'],
    ['no sentence', 'Promise: P1\nTest: packages/core/test/token.test.ts › P11 a\n'],
    ['no test', 'Promise: P1\nFault: Something.\n'],
    ['a test of no level', 'Promise: P1\nFault: Something.\nTest: packages/testing/test/bench.test.ts › it\n'],
    ['a line that means nothing', 'Promise: P1\nFault: Something.\nTests: all\n'],
  ])('with %s are turned down', (_, header) => {
    expect(() => parseFault('proofs/p00.patch', `${header}\ndiff --git a/a b/a\n`)).toThrow(/proofs\/p00\.patch/)
  })
})

describe('the page of the proofs', () => {
  it('is that of the patches and the tests; if not, run: npm run proofs:page', () => {
    const { text } = document(PROOFS_PAGE)
    expect(text).toBe(showProofs(text))
  })

  it('asks for its markers', () => {
    expect(() => showProofs('# A document without them')).toThrow(/proofs/)
  })
})
