import { registerSuites } from '../suites.ts'
import { runCases } from './run-cases.ts'

runCases(registerSuites)
