import { parseArgs } from 'node:util'
import type { Fault } from './faults.ts'

export const USAGE = `Usage: npm run proofs -- [--only P7 | --only <patch>] [--json]

Applies each patch of proofs/ to a copy of the work tree, and shows that the tests which it names turn red.

  --only NAME   the faults of one promise (P7), or one fault (the name of its patch); may be given several times
  --json        one JSON object in place of the table
  --help        this text

Exit code: 0 if every fault was caught, 1 if not, 2 for options that there are not.`

export interface ProofOptions {
  /** Names of promises and of patches; empty for all. */
  readonly only: readonly string[]
  readonly json: boolean
  readonly help: boolean
}

/** Throws an `Error` whose message is the one line to show. */
export function readOptions(parameters: readonly string[]): ProofOptions {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    const [problem] = (error as Error).message.split('. ')
    throw new Error(`${problem}; --help tells the options`, { cause: error })
  }
}

/** The faults that were asked for. Throws as {@link readOptions} does for a name that is none. */
export function choose(faults: readonly Fault[], only: readonly string[]): readonly Fault[] {
  const isMeant = (fault: Fault, name: string) => {
    return fault.name === name.replace(/\.patch$/, '') || fault.promises.some((promise) => promise === name)
  }
  for (const name of only) {
    if (!faults.some((fault) => isMeant(fault, name)))
      throw new Error(`--only ${name}: no promise and no patch of proofs/`)
  }
  return only.length === 0 ? faults : faults.filter((fault) => only.some((name) => isMeant(fault, name)))
}
