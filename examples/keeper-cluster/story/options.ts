import { parseArgs } from 'node:util'

/** What was asked for on the command line. */
export interface ClusterOptions {
  readonly store: 'postgres' | 'redis' | undefined
  readonly once: boolean
  readonly json: boolean
  readonly help: boolean
}

export const USAGE = `\
Three replicas of the keeper on one store, bots that ask them for tokens, and a replica that is killed: about 20 seconds.

  node --conditions=@evergrant/source examples/keeper-cluster/main.ts [--once] [--json] [--store postgres|redis]

  --once     ends with the story; else the bots go on until Ctrl-C. Exit code 0 only if all that was promised held
  --json     the summary as one line of JSON on stdout, the rest on stderr
  --store    default: DATABASE_URL, then REDIS_URL, then PostgreSQL or Redis on their standard ports of this machine`

const FLAGS = {
  store: { type: 'string' },
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

/** The options, or one line on what is wrong with them. */
export function readOptions(args: readonly string[]): ClusterOptions | string {
  try {
    const { store, ...rest } = parseArgs({ args: [...args], options: FLAGS }).values
    if (store === undefined || store === 'postgres' || store === 'redis') return { store, ...rest }
    return '--store takes postgres or redis. Try --help.'
  } catch (error) {
    return `${(error as Error).message}. Try --help.`
  }
}
