import { describeInPage } from './page-suite.ts'
import { registerViews } from './views.ts'

describeInPage('views', registerViews)
