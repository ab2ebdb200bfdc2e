import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './documents.ts'

const PATTERNS = ['packages/*/{src,test}/**/*.ts', '{bench,tools,examples}/**/*.ts']

interface Citation {
  readonly source: string
  readonly page: string
  /** The parts of the page, by their anchors. */
  readonly parts: readonly string[]
}

/** What the comments of a source cite: a page of docs, or its parts, as in `docs/protocol.md#headers, #limits and #hosts`. */
function citations(source: string): Citation[] {
  const text = readFileSync(join(ROOT, source), 'utf8').replaceAll(/\n\s*(?:\*|\/\/) /g, ' ')
  const found = text.matchAll(/(?<![\w/.])(docs\/[\w/-]+\.md)((?:(?:, | and )?#[\w-]+)*)/g)
  return [...found].map(([, page = '', anchors = '']) => {
    return { source, page, parts: [...anchors.matchAll(/#([\w-]+)/g)].map(([, part = '']) => part) }
  })
}

function anchorsOf(page: string): string[] {
  const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('the comments of the sources', () => {
  const sources = globSync(PATTERNS, { cwd: ROOT, exclude: (path) => path.includes('node_modules') })
  const cited = sources.flatMap((path) => citations(path.replaceAll('\\', '/')))

  it('are found', () => {
    expect(cited.length).toBeGreaterThan(40)
  })

  it('cite pages and parts that there are', () => {
    const wrong = cited.filter(({ page, parts }) => {
      if (!existsSync(join(ROOT, page))) return true
      const anchors = anchorsOf(page)
      return parts.some((part) => !anchors.includes(part))
    })
    expect(wrong).toEqual([])
  })
})
