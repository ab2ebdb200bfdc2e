import { registerCanaries } from './canary-suites.ts'
import { registerLeaks } from './leak-suites.ts'
import { describeInPage } from './page-suite.ts'

describeInPage('canaries', (runner) => {
  registerCanaries(runner)
  registerLeaks(runner)
})
