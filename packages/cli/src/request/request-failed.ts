import { isEvergrantError } from '@evergrant/core'
import { CommandError } from '../output/command-error.ts'

/** Throws what a request without an answer amounts to: an interrupt and a refusal of ours as they are. */
export function requestFailed(error: unknown, url: string, interrupted: AbortSignal): never {
  interrupted.throwIfAborted()
  if (isEvergrantError(error)) throw error
  const timedOut = error instanceof Error && error.name === 'TimeoutError'
  throw new CommandError('request-failed', {
    message: timedOut
      ? `${originOf(url)} did not answer in time`
      : `${originOf(url)} cannot be reached (${causeOf(error)})`,
    help: timedOut
      ? 'Try again; curl is allowed more time with --max-time. Time-outs of every request mean that this address is blocked.'
      : 'Check the network, DNS, and the base URL.',
    cause: error,
  })
}

/** Without path and query, which may say more than a message should. */
function originOf(url: string): string {
  return URL.parse(url)?.origin ?? 'The server'
}

/** What Node says of it, e.g. `ECONNREFUSED`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const { code, name } = cause as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : String(name)
}
