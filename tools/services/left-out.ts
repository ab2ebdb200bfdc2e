import { install } from './install.ts'
import { missingPrograms, missingServices } from './needed.ts'

/**
 * The patterns of the tests of adapters that cannot run here, since a service is missing that could not be installed
 * either. Says which, and how to have them; under `CI=true` that is a failure, but for what only a desktop has.
 */
export function testsLeftOut(): readonly string[] {
  install(missingServices())
  const missing = missingServices()
  for (const service of missing) {
    const programs = missingPrograms(service).join(' and ')
    const how = `Install ${service.packages.join(' and ')}, and run them again.`
    console.error(`LEFT OUT: the tests with ${service.name}. There is no ${programs} here. ${how}`)
  }
  if (missing.some(({ optional }) => !optional) && process.env['CI'] === 'true')
    throw new Error('Tests would be left out, and CI=true.')
  return missing.flatMap(({ tests }) => [`test/${tests}/**`, `test/${tests}*.test.ts`])
}
