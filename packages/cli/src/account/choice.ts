import { resolve } from 'node:path'
import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'

/** What the command line says of the account; each flag has a variable of the environment beside it. */
export interface AccountFlags {
  readonly env?: string
  readonly store?: string
  readonly account?: string
  readonly baseUrl?: string
}

/** Which account a command is about, and where it is kept. */
export interface AccountChoice {
  readonly environment: TastytradeEnvironment
  /** Another server in place of the environment's own. */
  readonly baseUrl: string | undefined
  /** An absolute path, or {@link KEYCHAIN}. */
  readonly store: string
  readonly account: string
  /** Opens a store that is encrypted. */
  readonly passphrase: string | undefined
}

/** The word that stands for the keychain of the operating system, in place of a path. */
export const KEYCHAIN = 'keychain'

const ENVIRONMENTS: readonly TastytradeEnvironment[] = ['production', 'sandbox']

/** Flags first, then `EVERGRANT_ENV`, `EVERGRANT_STORE`, `EVERGRANT_ACCOUNT` and `EVERGRANT_BASE_URL`. Throws `usage`. */
export function chooseAccount(flags: AccountFlags, { env, cwd }: Pick<Io, 'env' | 'cwd'>): AccountChoice {
  const asked = flags.env ?? (env['EVERGRANT_ENV'] || 'production')
  const environment = ENVIRONMENTS.find((known) => known === asked)
  if (environment === undefined) {
    throw usage(`There is no environment ${JSON.stringify(asked)}`, 'Use production or sandbox.')
  }
  const store = flags.store ?? (env['EVERGRANT_STORE'] || '.secrets')
  const account = flags.account ?? (env['EVERGRANT_ACCOUNT'] || 'default')
  if (store === '') throw usage('The store has no name', 'Name a file, such as .secrets, or say keychain.')
  if (account === '') throw usage('The account has no name', 'Name it, or leave --account out for "default".')
  return {
    environment,
    baseUrl: flags.baseUrl ?? (env['EVERGRANT_BASE_URL'] || undefined),
    store: store === KEYCHAIN ? store : resolve(cwd, store),
    account,
    passphrase: env['EVERGRANT_PASSPHRASE'] || undefined,
  }
}
