import { Option, type Command } from 'commander'
import type { AccountFlags } from '../account/choice.ts'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'
import { parseDuration } from '../output/duration.ts'

/** What a command works with. */
export interface CommandPorts {
  readonly io: Io
  /** Says how the command ended, if not with 0. What went wrong is thrown instead. */
  readonly endWith: (exitCode: number) => void
}

/** What every command takes. */
export interface OutputFlags {
  readonly json?: boolean
  readonly debug?: boolean
}

export interface CommonFlags extends OutputFlags, AccountFlags {}

/** Adds what every command takes. */
export function withOutput(command: Command): Command {
  return command
    .option('--json', 'answer and failure as JSON, for machines')
    .option('--debug', 'show the stack of a failure')
}

/** Adds which account the command is about. */
export function withAccount(command: Command): Command {
  return withOutput(
    withStore(command).option('--account <name>', 'account in the store (EVERGRANT_ACCOUNT, or "default")'),
  )
}

/** Adds where accounts are kept, and at which server they are. */
export function withStore(command: Command): Command {
  return command
    .addOption(
      new Option('--env <name>', 'environment (EVERGRANT_ENV, or production)').choices(['production', 'sandbox']),
    )
    .option('--store <path>', 'file of the accounts, or "keychain" (EVERGRANT_STORE, or .secrets)')
    .option('--base-url <url>', 'another server, such as that of "evergrant sandbox" (EVERGRANT_BASE_URL)')
}

export interface TokenFlags {
  readonly minTtl?: number
  readonly timeout?: number
}

/** Adds what may be asked of a token. */
export function withToken(command: Command): Command {
  return command
    .option('--min-ttl <duration>', 'how long the token must still live, e.g. 5m', parseDuration)
    .option('--timeout <duration>', 'how long to wait for a token (default: 30s)', parseDuration)
}

/** Adds examples to the help of a command. */
export function withExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): Command {
  const lines = examples.map(([line, what]) => `  $ ${line}\n      ${what}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

/** For an option that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** For an option that is a whole number. Throws `usage`. */
export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw usage(`${JSON.stringify(text)} is no whole number`, 'Write digits alone.')
}

const HIGHEST_PORT = 65_535

/** The same for a port of TCP. */
export function parsePort(text: string): number {
  const port = parseCount(text)
  if (port <= HIGHEST_PORT) return port
  throw usage(`There is no port ${port}`, `They end at ${HIGHEST_PORT}.`)
}
