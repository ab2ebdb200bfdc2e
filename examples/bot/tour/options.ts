import { parseArgs } from 'node:util'

/** What was asked for on the command line. */
export interface TourOptions {
  readonly once: boolean
  readonly json: boolean
  /** Real tastytrade in place of the tour. */
  readonly live: boolean
  readonly sandbox: boolean
  readonly help: boolean
}

export const USAGE = `\
A bot that stays logged in, shown on a fake tastytrade for about a minute, and then for as long as you like.

  npm start                          the tour, and the address of the lab; then ordinary life until Ctrl-C
  npm start -- --once                the tour alone; exit code 0 only if every promise held
  npm start -- --json                the summary as one line of JSON on stdout, the rest on stderr
  npm start -- --live [--sandbox]    the same bot at tastytrade, with TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN`

const FLAGS = {
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  live: { type: 'boolean', default: false },
  sandbox: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

/** The options, or one line on what is wrong with them. */
export function readOptions(args: readonly string[]): TourOptions | string {
  let options: TourOptions
  try {
    options = parseArgs({ args: [...args], options: FLAGS }).values
  } catch (error) {
    return `${(error as Error).message}. Try --help.`
  }
  if (options.live && (options.once || options.json)) return '--live has no end: it goes without --once and --json.'
  if (options.sandbox && !options.live) return '--sandbox goes with --live.'
  return options
}
