import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lifecycleDiagram } from './lifecycle-diagram.ts'
import { lifecycleTable } from './lifecycle-table.ts'
import { fillPart } from './marked-part.ts'

const root = join(import.meta.dirname, '..')

/** The documents that show the machine as a diagram. */
export const ILLUSTRATED = ['README.md', 'ARCHITECTURE.md', 'docs/concepts.md'] as const
/** The document that shows it as a table. */
export const TABULATED = 'docs/lifecycle.md'

/** A document with the diagram of the machine as it is now between its markers. */
export function illustrate(text: string): string {
  return fill(text, 'diagram', ['', '```mermaid', lifecycleDiagram(), '```', ''].join('\n'))
}

/** A document with the table of the machine as it is now between its markers. */
export function tabulate(text: string): string {
  return fill(text, 'table', `\n\n${lifecycleTable()}\n\n`)
}

function fill(text: string, what: string, content: string): string {
  return fillPart(text, { what, origin: 'made by `npm run diagram` from lifecycleMachine' }, content)
}

function rewrite(name: string, change: (text: string) => string): void {
  const path = join(root, name)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

if (import.meta.main) {
  for (const name of ILLUSTRATED) rewrite(name, illustrate)
  rewrite(TABULATED, tabulate)
}
