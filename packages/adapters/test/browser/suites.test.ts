import { describeInPage } from './page-suite.ts'
import { registerSuites } from './suites.ts'

describeInPage('suites', registerSuites)
