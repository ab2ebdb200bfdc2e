import { registerCanaries } from '../canary-suites.ts'
import { registerLeaks } from '../leak-suites.ts'
import { runCases } from './run-cases.ts'

runCases((runner) => {
  registerCanaries(runner)
  registerLeaks(runner)
})
