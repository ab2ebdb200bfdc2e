import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lifecycleDiagram } from './lifecycle-diagram.ts'

const root = join(import.meta.dirname, '..')
const BEGIN = '<!-- diagram: made by `npm run diagram` from lifecycleMachine -->'
const END = '<!-- /diagram -->'

/** The documents that show the machine. */
export const ILLUSTRATED = ['README.md', 'ARCHITECTURE.md'] as const

/** A document with the diagram of the machine as it is now between its markers. */
export function illustrate(text: string): string {
  const from = text.indexOf(BEGIN)
  const to = text.indexOf(END)
  if (from < 0 || to < from) throw new Error(`Put ${BEGIN} and ${END} where the diagram belongs`)
  const diagram = ['', '```mermaid', lifecycleDiagram(), '```', ''].join('\n')
  return `${text.slice(0, from)}${BEGIN}${diagram}${text.slice(to)}`
}

if (import.meta.main) {
  for (const name of ILLUSTRATED) {
    const path = join(root, name)
    writeFileSync(path, illustrate(readFileSync(path, 'utf8')))
  }
}
