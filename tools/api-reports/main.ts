import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { entryPoints, ROOT } from './entry-points.ts'
import { createReporter } from './reporter.ts'

/**
 * What each entry point of the published packages offers, as one text each in `packages/<name>/api`, so that a change of what
 * users see is a change that somebody reads. Without `--write` it only says which texts are out of date.
 */
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })

const entries = entryPoints()
const unbuilt = entries.find(({ types }) => !existsSync(types))
if (unbuilt !== undefined) {
  console.error(`${unbuilt.types} is not there: npm run build comes first.`)
  process.exit(2)
}

const scratch = mkdtempSync(join(tmpdir(), 'evergrant-api-'))
const changed: string[] = []
try {
  const report = createReporter(entries, scratch)
  for (const [done, entry] of entries.entries()) {
    mkdirSync(entry.folder, { recursive: true })
    if (report(entry, values.write)) changed.push(entry.name)
    if (process.stderr.isTTY) process.stderr.write(`\r${done + 1} of ${entries.length} entry points`)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

const reports = new Set(entries.map(({ file }) => file))
const orphans = [...new Set(entries.map(({ folder }) => folder))]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => !reports.has(file))
if (values.write) for (const orphan of orphans) rmSync(orphan)

const stale = [...changed, ...orphans.map((file) => file.slice(ROOT.length))]
if (stale.length === 0) console.log(`${entries.length} entry points: as their reports say.`)
else if (values.write) console.log(`Written anew: ${stale.join(', ')}`)
else {
  console.error(`What these offer has changed: ${stale.join(', ')}\nRun npm run api, and read the difference.`)
  process.exitCode = 1
}
