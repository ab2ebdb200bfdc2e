import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run simulate -- [--seeds N] [--from S] [--workers N] [--json]

Simulates N runs of several processes on one store and one rotating server, with everything
going wrong that each seed decides. Stops at the first promise that is broken, and tells its story.

  --seeds N     how many runs (default 1000)
  --from S      the first seed (default 1)
  --workers N   processes at once (default one for each processor)
  --json        one JSON object in place of text
  --help        this text

Exit code: 0 if all promises held, 1 if one was broken, 2 for options that there are not.`

export interface SimulateOptions {
  readonly seeds: number
  readonly from: number
  readonly workers: number
  readonly json: boolean
  readonly help: boolean
}

/** Throws an `Error` whose message is the one line to show. */
export function readOptions(parameters: readonly string[]): SimulateOptions {
  const { seeds, from, workers, json, help } = parse(parameters)
  return {
    seeds: whole('seeds', seeds, 1),
    from: whole('from', from, 0),
    workers: whole('workers', workers, 1),
    json,
    help,
  }
}

function parse(parameters: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        workers: { type: 'string', default: String(availableParallelism()) },
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

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${name} takes a whole number of at least ${least}, not "${text}"`)
}
