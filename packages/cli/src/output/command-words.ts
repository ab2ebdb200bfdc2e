import { EvergrantError, isEvergrantError, type ErrorCode } from '@evergrant/core'

/** Help that core and adapters give in terms of their options, which a command line does not have. */
const HELP: Readonly<Partial<Record<ErrorCode, string>>> = {
  'foreign-origin':
    'It goes to the API alone. For another API name that with --base-url; for any other server use curl.',
  'min-ttl-unreachable': 'Ask for less with --min-ttl.',
  'token-unavailable': 'A running bot tries again by itself; a command has to be run again.',
  'wrong-issuer':
    'Add --env sandbox, or leave it out, as when you logged in. For both, give each its own --account or --store.',
  'wait-timeout': 'Try again later, or wait longer with --timeout, e.g. evergrant token --timeout 2m.',
}

/** The same error, its help in terms of the command line. Where something caused it, the help is about that, and stays. */
export function inCommandWords(error: unknown): unknown {
  if (!isEvergrantError(error) || isEvergrantError(error.cause)) return error
  const help = HELP[error.code]
  if (help === undefined) return error
  const { code, message, details, stack } = error
  const told = new EvergrantError(code, { message, help, details, cause: error.cause })
  if (stack !== undefined) told.stack = stack
  return told
}
