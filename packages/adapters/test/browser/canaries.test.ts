import { whole } from '../../../../tools/extent.ts'
import { registerCanaries } from './canary-suites.ts'
import { registerLeaks } from './leak-suites.ts'
import { describeInPage } from './page-suite.ts'

/** Failures that lead past the store are walked in Node; of three times as many, some with each of the stores. */
const EVERY = whole ? 18 : 36

describeInPage('canaries', (runner) => {
  registerCanaries(runner, EVERY)
  registerLeaks(runner)
})
