import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../../../..')

const PATTERNS = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md', 'bench/*.md']
/** Made from the docstrings for the site, and not kept. */
const GENERATED = ['docs/api/**']

export interface Document {
  /** From the root, with slashes. */
  readonly path: string
  readonly text: string
}

export function document(path: string): Document {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

/** Everything written for people. */
export function documents(): Document[] {
  return globSync(PATTERNS, { cwd: ROOT, exclude: GENERATED })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map(document)
}

export interface CodeBlock {
  /** `ts`, `text`, `sh`, … */
  readonly language: string
  /** What follows the language on the fence. */
  readonly notes: readonly string[]
  readonly code: string
  /** Of the opening fence, from 1. */
  readonly line: number
}

/** The fenced blocks of a document, in order. */
export function codeBlocks(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; notes: string[]; code: string[]; line: number } | null = null
  for (const [index, line] of text.split('\n').entries()) {
    if (open === null) {
      const info = /^```(.*)$/.exec(line)?.[1]
      if (info === undefined) continue
      const [language = '', ...notes] = info.trim().split(/\s+/)
      open = { language, notes, code: [], line: index + 1 }
    } else if (line === '```') {
      blocks.push({ ...open, code: `${open.code.join('\n')}\n` })
      open = null
    } else {
      open.code.push(line)
    }
  }
  if (open !== null) throw new Error(`The block that begins at line ${open.line} has no end`)
  return blocks
}

/** A program in a document, and what it must print if the document says so in the block after it. */
export interface Program {
  readonly name: string
  readonly code: string
  readonly prints: string | null
  /** A program that goes on for ever has `SIGTERM=text` on its fence: it is ended once it has printed that. */
  readonly endAfter: string | null
}

export function programs({ path, text }: Document): Program[] {
  const blocks = codeBlocks(text)
  return blocks.flatMap(({ language, notes, code, line }, index): Program[] => {
    if (language !== 'ts') return []
    const next = blocks[index + 1]
    const prints = next?.language === 'text' ? next.code : null
    const endAfter = /^SIGTERM=(.+)$/.exec(notes.join(' '))?.[1] ?? null
    return [{ name: `${path}:${line}`, code, prints, endAfter }]
  })
}
