import { dirname, join, resolve } from 'node:path'
import { secret, type Secret } from '@evergrant/core'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'
import { dataFolder } from './data-folder.ts'

/** Where a keeper keeps its accounts, and what seals them; each flag has a variable of the environment beside it. */
export interface KeeperStoreFlags {
  readonly store?: string
  readonly keyFile?: string
  readonly previousKeyFile?: readonly string[]
}

export type StorePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres' | 'redis'; readonly url: string }

/** Where the sealing key is. */
export type KeyPlace =
  | { readonly kind: 'environment'; readonly key: Secret }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'keychain' }

export interface KeeperChoice {
  readonly place: StorePlace
  readonly key: KeyPlace
  /** Files with keys that were replaced. */
  readonly previousKeys: readonly string[]
}

const KEYCHAIN = 'keychain'
const STORES = 'Write it like sqlite:/path/to/keeper.db, postgres://host/database or redis://host:6379.'

/**
 * Flags first, then `EVERGRANT_KEEPER_STORE`, `EVERGRANT_KEEPER_KEY_FILE` and `EVERGRANT_KEEPER_KEY`. Throws `usage`; no
 * address is repeated, since there may be a password in it.
 */
export function chooseKeeper(flags: KeeperStoreFlags, io: Pick<Io, 'env' | 'cwd'>): KeeperChoice {
  const { env, cwd } = io
  if (flags.store !== undefined && hasPassword(flags.store)) {
    throw usage(
      'A password in --store can be read in the list of processes',
      'Put the whole address into the variable EVERGRANT_KEEPER_STORE.',
    )
  }
  const place = placeOf(flags.store ?? (env['EVERGRANT_KEEPER_STORE'] || undefined), io)
  const previousKeys = (flags.previousKeyFile ?? []).map((file) => resolve(cwd, file))
  const file = flags.keyFile ?? (env['EVERGRANT_KEEPER_KEY_FILE'] || undefined)
  const text = env['EVERGRANT_KEEPER_KEY'] || undefined
  if (file !== undefined && text !== undefined && flags.keyFile === undefined) {
    throw usage('EVERGRANT_KEEPER_KEY and EVERGRANT_KEEPER_KEY_FILE are both set', 'Set one of them.')
  }
  if (file === KEYCHAIN) return { place, key: { kind: 'keychain' }, previousKeys }
  if (file !== undefined) return { place, key: { kind: 'file', file: resolve(cwd, file) }, previousKeys }
  if (text !== undefined) return { place, key: { kind: 'environment', key: secret(text.trim()) }, previousKeys }
  // Beside the database: a backup of the folder has both. Elsewhere there is no place beside.
  const folder = place.kind === 'sqlite' ? dirname(place.file) : dataFolder(env, process.platform)
  return { place, key: { kind: 'file', file: join(folder, 'keeper.key') }, previousKeys }
}

function placeOf(address: string | undefined, { env, cwd }: Pick<Io, 'env' | 'cwd'>): StorePlace {
  if (address === undefined) {
    return { kind: 'sqlite', file: join(dataFolder(env, process.platform), 'keeper.db') }
  }
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(address) ?? []
  if (scheme === 'sqlite' && rest !== '') return { kind: 'sqlite', file: resolve(cwd, rest.replace(/^\/\/(?=\/)/, '')) }
  if (scheme === 'postgres' || scheme === 'postgresql') return { kind: 'postgres', url: address }
  if (scheme === 'redis' || scheme === 'rediss') return { kind: 'redis', url: address }
  throw usage('This is no address of a store', STORES)
}

function hasPassword(address: string): boolean {
  return (URL.parse(address)?.password ?? '') !== ''
}
