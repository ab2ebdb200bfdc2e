import { parseArgs } from 'node:util'

const SCENARIOS = [
  'token-in-hand',
  'request-overhead',
  'live-sessions',
  'pooled-sessions',
  'virtual-lifetimes',
  'keeper-reads',
  'keeper-scale',
] as const
export type ScenarioName = (typeof SCENARIOS)[number]

export interface BenchOptions {
  /** One line of JSON in place of the table. */
  readonly json: boolean
  /** A short run: shows that everything works, and figures that mean little. */
  readonly quick: boolean
  readonly scenarios: readonly ScenarioName[]
}

/** Throws an `Error` whose message is the one line to show. */
export function readOptions(parameters: readonly string[]): BenchOptions {
  const { json, quick, only } = parse(parameters)
  const unknown = only.find((name) => !isScenario(name))
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}; there are ${SCENARIOS.join(', ')}`)
  return { json, quick, scenarios: SCENARIOS.filter((name) => only.length === 0 || only.includes(name)) }
}

function parse(parameters: readonly string[]): { json: boolean; quick: boolean; only: string[] } {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    })
    return values
  } catch (error) {
    const [problem] = (error as Error).message.split('. ')
    throw new Error(`${problem}; the options are --quick, --json and --only <scenario>`, { cause: error })
  }
}

function isScenario(name: string): name is ScenarioName {
  return (SCENARIOS as readonly string[]).includes(name)
}
