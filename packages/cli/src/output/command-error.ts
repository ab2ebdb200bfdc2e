/**
 * - `usage`: a command line that cannot be understood
 * - `unsupported`: this cannot be done here, or not by a program
 * - `request-failed`: the API did not answer
 * - `not-executable`, `not-found`: a command could not be started
 * - `keeper-insecure`, `keeper-cannot-listen`, `key-not-found`: of a keeper
 * - `sealing-key-missing`: what is stored cannot be read without it
 */
export type CommandErrorCode =
  | 'usage'
  | 'unsupported'
  | 'request-failed'
  | 'not-executable'
  | 'not-found'
  | 'keeper-insecure'
  | 'keeper-cannot-listen'
  | 'key-not-found'
  | 'sealing-key-missing'

export interface CommandErrorInput {
  readonly message: string
  /** What the person should do next. */
  readonly help: string
  readonly cause?: unknown
}

/** A failure of a command itself; those of tokens and stores are `EvergrantError`s. No secret is in it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode
  readonly help: string

  constructor(code: CommandErrorCode, { message, help, cause }: CommandErrorInput) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.help = help
  }
}

export function usage(message: string, help: string): CommandError {
  return new CommandError('usage', { message, help })
}
