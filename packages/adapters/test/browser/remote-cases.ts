import type { SuiteRunner } from './suites.ts'

interface NamedSuite {
  readonly name: string
  readonly suite?: NamedSuite | undefined
}

/** The parts of vitest that are needed. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: (context: { readonly task: NamedSuite }) => Promise<void>) => unknown
}

/** Registers each case of the suites as a test of its own, which runs elsewhere, where it is known by its path. */
export function remoteCases({ describe, it }: Runner, run: (path: string) => Promise<void>): SuiteRunner {
  return {
    describe,
    it: (title) =>
      it(title, ({ task }) => {
        const names = [task.name]
        for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name)
        return run(names.join(' > '))
      }),
  }
}
