// Runs single cases of the suites; the test runner outside asks for them by name.
import { registerSuites } from '../suites.ts'

const cases = new Map<string, () => Promise<void>>()
const suites: string[] = []

registerSuites({
  describe(name, body) {
    suites.push(name)
    body()
    suites.pop()
  },
  it(name, body) {
    const path = [...suites, name].join(' > ')
    if (cases.has(path)) throw new Error(`Two cases are named ${path}`)
    cases.set(path, body)
  },
})

const program = {
  async run(path: string): Promise<void> {
    const body = cases.get(path)
    if (body === undefined) throw new Error(`There is no case named ${path}`)
    await body()
  },
}

export type SuitesProgram = typeof program
Object.assign(globalThis, { program })
