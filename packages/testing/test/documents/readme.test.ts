import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSession, memoryStore, type SessionState } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { document, ROOT } from './documents.ts'

const { text } = document('README.md')

/** The first cells of the table that follows a heading. */
function firstColumn(heading: string): string[] {
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) => row.split('|')[1]?.trim() ?? '')
}

describe('the README', () => {
  it('tells of every state', () => {
    const states: Record<SessionState, true> = {
      unauthenticated: true,
      refreshing: true,
      valid: true,
      expiring: true,
      backoff: true,
      blocked: true,
      revoked: true,
    }
    expect(firstColumn('The states')).toEqual(Object.keys(states).map((state) => `\`${state}\``))
  })

  it('tells what a status has, and no more', async () => {
    const provider = { issuer: 'https://server.test', requestToken: () => Promise.reject(new Error('not asked')) }
    const session = createSession({ provider, store: memoryStore() })
    const listed = /as one frozen object: ([^.]+)\./.exec(text)?.[1] ?? ''
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(session.getSnapshot()))
    await session.dispose()
  })

  it('has a line and a test file for each of the sixteen promises', () => {
    const cells = firstColumn('The promises')
    expect(cells.map((cell) => /^\[P(\d+)\]/.exec(cell)?.[1])).toEqual(Array.from({ length: 16 }, (_, i) => `${i + 1}`))
    for (const cell of cells) {
      const [, number = '', file] = /^\[P(\d+)\]\(.*\/p(\d\d)-[\w-]+\.test\.ts\)$/.exec(cell) ?? []
      expect(file).toBe(number.padStart(2, '0'))
    }
  })

  it('has a line for each error code', () => {
    const source = readFileSync(join(ROOT, 'packages/core/src/errors.ts'), 'utf8')
    const declared = /interface ErrorDetails \{(.*?)\n\}/s.exec(source)?.[1] ?? ''
    const codes = [...declared.matchAll(/readonly '?([\w-]+)'?: \{/g)].map(([, code]) => `\`${code}\``)
    expect(codes.length).toBeGreaterThan(20)
    expect(firstColumn('Troubles')).toEqual(codes)
  })
})
