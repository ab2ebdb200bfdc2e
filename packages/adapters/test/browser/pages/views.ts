import { registerViews } from '../views.ts'
import { runCases } from './run-cases.ts'

runCases(registerViews)
