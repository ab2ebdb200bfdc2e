import { describe, expect, it } from 'vitest'
import { ILLUSTRATED, illustrate } from '../../../../docs/diagram.ts'
import { lifecycleDiagram } from '../../../../docs/lifecycle-diagram.ts'
import { document } from './documents.ts'

describe('the diagram', () => {
  it.for(ILLUSTRATED)('in %s is that of the machine; if not, run: npm run diagram', (path) => {
    const { text } = document(path)
    expect(text).toBe(illustrate(text))
  })

  it('has every state, and nothing that mermaid would stumble over', () => {
    const lines = lifecycleDiagram().split('\n')
    const arrow = /^ +(?:\w+|\[\*\]) --> \w+(?:: [\w (),]+)?$/
    const others = /^(?:stateDiagram-v2| +state \w+ \{| +\}| +note right of \w+: [\w ,]+)$/
    expect(lines.filter((line) => !arrow.test(line) && !others.test(line))).toEqual([])
    const outer = ['unauthenticated', 'refreshing', 'valid', 'expiring', 'backoff', 'blocked', 'revoked']
    const inner = ['requesting', 'waiting', 'resting', 'probing']
    const missing = [...outer, ...inner].filter((state) => !lines.some((line) => line.includes(`--> ${state}`)))
    expect(missing).toEqual([])
  })

  it('asks for its markers', () => {
    expect(() => illustrate('# A document without them')).toThrow(/diagram/)
  })
})
