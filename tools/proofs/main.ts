import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { readFaults, type Fault } from './faults.ts'
import { complaintOf } from './judgement.ts'
import { choose, readOptions, USAGE, type ProofOptions } from './options.ts'
import { proveAll } from './prove.ts'
import { inJson, inLines, inTable, inTotal } from './report.ts'
import { copyWorkTree, type ScratchCopy } from './scratch-copy.ts'
import { runTests, type RunBounds } from './test-run.ts'

const ROOT = join(import.meta.dirname, '../..')
/** More do not help: what runs in each has processes of its own. */
const MOST_LANES = 2
/** For all named tests together, without a fault. */
const FOR_ALL: RunBounds = { patience: 900_000, workers: MOST_LANES }

process.exitCode = await main(process.argv.slice(2))

async function main(parameters: readonly string[]): Promise<number> {
  let options: ProofOptions
  let faults: readonly Fault[]
  try {
    options = readOptions(parameters)
    faults = choose(readFaults(ROOT), options.only)
  } catch (error) {
    console.error(`proofs: ${(error as Error).message}`)
    return 2
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  using resources = new DisposableStack()
  const copy = () => resources.use(copyWorkTree(ROOT))
  // Also where a person stops it: the copies must not stay behind.
  process.once('SIGINT', () => {
    resources.dispose()
    process.exit(130)
  })
  const say = (line: string) => (options.json ? console.error(line) : console.log(line))
  const first = copy()
  if (!(await areGreen(first, faults, say))) return 1

  const lanes = Math.min(MOST_LANES, availableParallelism(), faults.length)
  const copies: ScratchCopy[] = [first, ...Array.from({ length: lanes - 1 }, copy)]
  let count = 0
  const proofs = await proveAll(copies, faults, (proof) => {
    count += 1
    say(inLines(proof, `[${String(count).padStart(String(faults.length).length)}/${faults.length}]`))
  })
  console.log(options.json ? inJson(proofs) : `\n${inTable(proofs)}\n\n${inTotal(proofs)}`)
  return proofs.every(({ caught }) => caught) ? 0 : 1
}

/** A test that is red anyway shows nothing. */
async function areGreen(copy: ScratchCopy, faults: readonly Fault[], say: (line: string) => void): Promise<boolean> {
  const guards = faults.flatMap((fault) => fault.guards)
  const files = new Set(guards.map(({ file }) => file))
  say(`Without a fault: the named tests of ${files.size} files, in ${copy.folder}`)
  const results = await runTests(copy.folder, guards, FOR_ALL)
  const complaints = new Set(
    guards.flatMap((guard) => {
      const complaint = complaintOf(guard, results)
      return complaint === null ? [] : [`${guard.file} › ${guard.name}\n  ${complaint}`]
    }),
  )
  for (const complaint of complaints) say(complaint)
  if (complaints.size === 0) say(`All green. With each of ${faults.length} faults:`)
  return complaints.size === 0
}
