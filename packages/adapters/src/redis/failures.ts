import type { EvergrantError } from '@evergrant/core'
import { corrupt, unavailable } from '../store/failures.ts'

const SYSTEM_HELP: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Start the server, or correct the address.',
  ENOTFOUND: 'The host name is not known. Correct the address, or check DNS.',
  EAI_AGAIN: 'The host name could not be looked up. Check DNS.',
  ENOENT: 'There is no such socket. Start the server, or correct the path.',
  EACCES: 'This user may not use that socket. Give it the permission, or connect over TCP.',
}

const REPLY_HELP: Readonly<Record<string, string>> = {
  NOAUTH: 'The server wants a password: put it into the URL, redis://user:password@host.',
  WRONGPASS: 'User name or password is wrong, or the server has no such user.',
  NOPERM: 'Let this user run EVALSHA, EVAL, and what the docstring of redisStore lists, on its keys and its channel.',
  READONLY: 'This is a replica. Connect to the primary.',
  OOM: 'The server has no memory left. Give it more; entries must never be evicted (maxmemory-policy noeviction).',
  MISCONF: 'The server cannot save to its disk, and takes no writes before that is mended.',
  LOADING: 'The server is starting. Nothing to do: try again.',
  BUSY: "Somebody else's script keeps the server busy.",
  CLUSTERDOWN: 'The cluster does not work at present.',
  MOVED: 'This is one node of a cluster, and the keys live on another. Connect to the node that the keys live on.',
  NOREPLICAS: 'The server takes no writes before more replicas follow it (min-replicas-to-write).',
}

const NETWORK_HELP = 'Check that the server runs and that the network lets this host reach it.'

export function damaged(location: string, name: string): EvergrantError<'store-corrupt'> {
  const help =
    `Something else wrote there. It was left as it is: look at it (redis-cli GET or HGETALL '${name}'), then restore ` +
    'it from a backup, or delete it and log in again.'
  return corrupt(location, `What Redis holds under ${name} cannot be read`, help)
}

export function tooLate(location: string, ms: number): EvergrantError<'store-unavailable'> {
  return unavailable(location, `Redis at ${location} did not answer within ${ms} ms`, NETWORK_HELP)
}

export function disposed(location: string): EvergrantError<'store-unavailable'> {
  const help = 'Open another one, or dispose this one later: after the sessions that use it.'
  return unavailable(location, `The store at ${location} has been disposed`, help)
}

/** The word by which Redis names an error, e.g. `WRONGTYPE`; `null` for what did not come from the server. */
export function replyWord(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  // In a script a missing permission has no word of its own.
  if (error.message.startsWith("ERR The user executing the script can't ")) return 'NOPERM'
  // Before Redis 7, what a command says that fails in a script is quoted further behind.
  const quoted = /@user_script: ?\d+: -?([A-Z]{3,}) /.exec(error.message)
  return (quoted ?? /^([A-Z]{2,}) /.exec(error.message))?.[1] ?? null
}

/** For what the library threw. No text of it is passed on, since it may quote a connection string or a value. */
export function failed(location: string, error: unknown): EvergrantError<'store-unavailable'> {
  const word = replyWord(error)
  if (word !== null) {
    const help = REPLY_HELP[word] ?? 'Look into the log of the server.'
    return unavailable(location, `Redis at ${location} refused (${word})`, help)
  }
  const name = systemCode(error) ?? (error instanceof Error ? error.constructor.name : typeof error)
  const help = SYSTEM_HELP[name] ?? NETWORK_HELP
  return unavailable(location, `Redis at ${location} cannot be reached (${name})`, help)
}

export function fewReplicas(location: string, wanted: number): EvergrantError<'store-unavailable'> {
  const help = 'A replica is behind or gone. The write itself is done: read again before you repeat it.'
  return unavailable(location, `Fewer than ${wanted} replicas of Redis at ${location} took a write in time`, help)
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : undefined
}
