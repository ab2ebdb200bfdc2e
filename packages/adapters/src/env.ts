import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import {
  EvergrantError,
  sealCredentials,
  systemClock,
  type Clock,
  type Credentials,
  type CredentialSource,
} from '@evergrant/core'
import { Observable } from 'rxjs'
import { errnoOf } from './file/failures.ts'
import { followFile } from './file/follow.ts'
import { givenPath } from './file/given-path.ts'
import { checkKnownOptions } from './options/known-options.ts'

/** Variables by the credential they hold; of several names the first that is set counts. */
export interface VariableNames {
  readonly clientId?: string | readonly string[]
  readonly clientSecret?: string | readonly string[]
  readonly refreshToken?: string | readonly string[]
}

export interface EnvCredentialsOptions {
  /** A file of `NAME=value` lines; one that does not exist counts as empty. `false`: none. Default `.env`. */
  readonly file?: string | false
  /** Default `process.env`, as it is at each read. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /**
   * In place of the names of tastytrade. Of `clientSecret` and `refreshToken` those that are named here are needed
   * together, e.g. `{ clientId: 'APP_ID', clientSecret: 'APP_SECRET' }` for a client-credentials grant.
   */
  readonly names?: VariableNames
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

/** The second of each is what existing clients of tastytrade read. */
const TASTYTRADE_NAMES: VariableNames = {
  clientId: 'TASTY_CLIENT_ID',
  clientSecret: ['TASTY_CLIENT_SECRET', 'TT_SECRET'],
  refreshToken: ['TASTY_REFRESH_TOKEN', 'TT_REFRESH'],
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Credentials from environment variables and a `.env` file: `TASTY_CLIENT_SECRET` and `TASTY_REFRESH_TOKEN` (or
 * `TT_SECRET` and `TT_REFRESH`), with `TASTY_CLIENT_ID` where it is wanted. A variable of the environment wins over one
 * of the file; an empty one counts as not set. The file is only read, and who else may read it is not judged.
 *
 * `read` gives `null` if nothing is set, and rejects with `credentials-unreadable` if one of the two is missing or the
 * file cannot be read. What cannot be seen at the ends of a value is left out. `watch` emits after each change of the file; without a file there is no `watch`.
 * Throws `invalid-options` for options that cannot be used.
 */
export function envCredentials(options: EnvCredentialsOptions = {}): CredentialSource {
  checkKnownOptions(options, ['file', 'environment', 'names', 'clock'] satisfies (keyof EnvCredentialsOptions)[])
  const { file = '.env', environment, names = TASTYTRADE_NAMES, clock = systemClock } = options
  const name = file === false ? 'environment' : `environment or ${file}`
  const path = file === false ? null : givenPath('file', file)
  checkKnownOptions(names, ['clientId', 'clientSecret', 'refreshToken'] satisfies (keyof VariableNames)[])

  return {
    name,
    sought: `${wordsOf(names)}, in the environment${path === null ? '' : ` and in ${path}`}`,
    async read() {
      const fromFile = path === null ? {} : await readVariables(name, path)
      return assemble(name, names, [environment ?? process.env, fromFile])
    },
    ...(path === null ? {} : { watch: () => changesOf(path, clock) }),
  }
}

function assemble(source: string, names: VariableNames, layers: readonly Variables[]): Credentials | null {
  const find = (candidates: string | readonly string[] = []): string | undefined => {
    for (const variables of layers) {
      for (const candidate of [candidates].flat()) {
        const value = clean(variables[candidate])
        if (value !== '') return value
      }
    }
    return undefined
  }
  const clientSecret = find(names.clientSecret)
  const refreshToken = find(names.refreshToken)
  if (clientSecret === undefined && refreshToken === undefined) return null
  if (clientSecret === undefined) demand(source, names.clientSecret, names.refreshToken)
  if (refreshToken === undefined) demand(source, names.refreshToken, names.clientSecret)
  return sealCredentials({ clientId: find(names.clientId), clientSecret, refreshToken })
}

/** Throws if what was not found has a name at all. */
function demand(source: string, missing?: string | readonly string[], found?: string | readonly string[]) {
  const wanted = eitherOf(missing)
  if (wanted === '') return
  throw new EvergrantError('credentials-unreadable', {
    message: `${eitherOf(found)} is set in the ${source}, but ${wanted} is not`,
    help: `Set ${wanted} as well: one is of no use without the other.`,
    details: { source },
  })
}

function eitherOf(names: string | readonly string[] = []): string {
  return [names].flat().join(' or ')
}

function wordsOf({ clientSecret, refreshToken }: VariableNames): string {
  return [eitherOf(clientSecret), eitherOf(refreshToken)].filter((words) => words !== '').join(', and ')
}

/** Without line breaks at the ends, which come from `echo` and are part of no credential (RFC 6749 appendix A). */
function clean(value: string | undefined): string {
  return typeof value === 'string' ? value.replace(/^[\r\n]+|[\r\n]+$/g, '') : ''
}

async function readVariables(source: string, path: string): Promise<Variables> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return {}
    throw new EvergrantError('credentials-unreadable', {
      message: `Cannot read ${path} (${errno ?? 'unknown'})`,
      help: 'Make it a file that this user may read, or pass `file: false` to read the environment alone.',
      details: { source },
      cause: error,
    })
  }
  // Node's own parser: kept up by others, and the same reading of quotes and comments as `node --env-file`.
  return parseEnv(new TextDecoder(encodingOf(bytes)).decode(bytes))
}

/** By the byte order mark, which the decoder then drops; Windows PowerShell writes UTF-16 by default. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function changesOf(path: string, clock: Clock): Observable<void> {
  return new Observable((subscriber) => {
    const following = followFile(path, clock, () => subscriber.next())
    return () => following[Symbol.dispose]()
  })
}
