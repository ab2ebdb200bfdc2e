import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages } from './installed-project.ts'
import { RUNTIMES } from './runtimes.ts'

/**
 * The packages as they are published, installed into an empty project and used in each runtime that the registry has: a session,
 * a token, a call, a refusal, a new token. `npm run check:runtimes`; not a part of `npm test`, since it fetches runtimes.
 */
const only = process.argv.slice(2)
const chosen = RUNTIMES.filter(({ name }) => only.length === 0 || only.includes(name))
if (chosen.length === 0) {
  console.error(`There is no ${only.join(', ')}; there are ${RUNTIMES.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

const place = mkdtempSync(join(tmpdir(), 'evergrant-runtimes-'))
try {
  console.log('Packing, and installing into an empty project …')
  const project = await installPackages(place)
  for (const { name, tryOut } of chosen) {
    const outcome = await tryOut(project, place).then(
      (said) => said,
      (error: unknown) => {
        process.exitCode = 1
        return `FAILED: ${error instanceof Error ? error.message : String(error)}`
      },
    )
    console.log(`${name.padEnd(10)} ${outcome}`)
  }
} finally {
  rmSync(place, { recursive: true, force: true })
}
