import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run keeper:storm -- [--minutes N] [--seed S] [--store postgres|redis]

Three replicas of the keeper on a real store, over a fake tastytrade that rotates strictly, with callers in a
process of their own. First a rolling restart; then replicas are killed, stopped and cut off from the store.

  --minutes N   how long (default 3)
  --seed S      what happens to whom (default 1); when, the processes decide
  --store NAME  postgres (default; DATABASE_URL or port 5432) or redis (REDIS_URL or port 6379)
  --help        this text

Exit code: 0 if all promises held, 1 if one was broken, 2 for options that there are not.`

export interface KeeperStormOptions {
  readonly minutes: number
  readonly seed: number
  readonly store: 'postgres' | 'redis'
  readonly help: boolean
}

const OPTIONS = {
  minutes: { type: 'string', default: '3' },
  seed: { type: 'string', default: '1' },
  store: { type: 'string', default: 'postgres' },
  help: { type: 'boolean', default: false },
} as const

/** The options, or one line on what is wrong with them. */
export function readOptions(args: readonly string[]): KeeperStormOptions | string {
  try {
    const { minutes, seed, store, help } = parseArgs({ args: [...args], options: OPTIONS }).values
    if (store !== 'postgres' && store !== 'redis') return '--store takes postgres or redis.'
    if (!(Number(minutes) > 0)) return '--minutes takes a number above 0.'
    if (!Number.isSafeInteger(Number(seed))) return '--seed takes a whole number.'
    return { minutes: Number(minutes), seed: Number(seed), store, help }
  } catch (error) {
    return `${(error as Error).message}. Try --help.`
  }
}
