import type { SuiteRunner } from '../suites.ts'

/** Runs single cases of suites in this page; the test runner outside asks for them by name. */
export function runCases(register: (runner: SuiteRunner) => void) {
  const cases = new Map<string, () => Promise<void>>()
  const suites: string[] = []

  register({
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
  Object.assign(globalThis, { program })
  return program
}

export type CasesProgram = ReturnType<typeof runCases>
