import {
  invalidOptions,
  isStoreConflict,
  secret,
  systemClock,
  type Clock,
  type Json,
  type Secret,
  type TokenStore,
} from '@evergrant/core'
import { isAccountName } from '../accounts/account-name.ts'
import { KeeperError } from '../keeper-error.ts'
import type { Sealing } from '../keeper-options.ts'
import { keeperStore } from '../keeper-store.ts'
import { inventApiKey, KEY_SCOPES, keyDigest, type KeyAccounts, type KeyScope } from './api-key.ts'
import { KEY_PREFIX, keyEntry, keyInfo, parseKeyRecord, type KeyInfo } from './key-record.ts'

export interface CreateKeyOptions {
  /** For people: who or what uses it. 1 to 100 characters. */
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly accounts: KeyAccounts
  /** Epoch ms from which on it is refused. Default: never. */
  readonly expiresAt?: number | undefined
}

/** A new key. This is the only time that it can be read. */
export interface CreatedKey extends KeyInfo {
  readonly key: Secret
}

/** The API keys of a keeper. */
export interface KeeperKeys {
  /** Rejects with `invalid-options`, or with what the store says. */
  create(options: CreateKeyOptions): Promise<CreatedKey>
  /** Every key, revoked ones too, the oldest first. Rejects with `invalid-options` where the store cannot list. */
  list(): Promise<readonly KeyInfo[]>
  /**
   * From now on it is refused here, and within seconds by other replicas. Revoking it again changes nothing. Rejects with a
   * {@link KeeperError} `key-not-found`.
   */
  revoke(id: string): Promise<KeyInfo>
}

export interface KeeperKeysOptions {
  readonly store: TokenStore
  readonly sealing: Sealing
  readonly clock?: Clock | undefined
}

/** The API keys in a store, for a program that manages them without a keeper at work. */
export function keeperKeys({ store, sealing, clock = systemClock }: KeeperKeysOptions): KeeperKeys {
  return createKeys(keeperStore(store, sealing), clock, () => undefined)
}

const LONGEST_NAME = 100
/** Nobody revokes one key this often at once. */
const MOST_CONFLICTS = 20

/** `changed` is told of each key that is made or revoked here. */
export function createKeys(store: TokenStore, clock: Clock, changed: (id: string) => void): KeeperKeys {
  async function read(id: string) {
    const key = keyEntry(id)
    const entry = await store.read(key)
    if (entry !== null) return { revision: entry.revision, record: parseKeyRecord(key, entry.value) }
    throw new KeeperError('key-not-found', {
      message: `There is no API key ${id}`,
      help: 'List the keys to see their ids.',
    })
  }

  async function revoke(id: string): Promise<KeyInfo> {
    for (let conflicts = 0; ; conflicts += 1) {
      const { revision, record } = await read(id)
      if (record.revokedAt !== null) return keyInfo(record)
      const revoked = { ...record, revokedAt: clock.now() }
      try {
        await store.write(keyEntry(id), revoked, { expect: revision })
        return keyInfo(revoked)
      } catch (error) {
        if (!isStoreConflict(error) || conflicts >= MOST_CONFLICTS) throw error
      } finally {
        changed(id)
      }
    }
  }

  return {
    async create(options) {
      checkCreate(options, clock.now())
      const { name, expiresAt = null } = options
      const { id, text } = inventApiKey()
      const scopes = KEY_SCOPES.filter((scope) => options.scopes.includes(scope))
      const accounts = options.accounts === '*' ? '*' : [...new Set(options.accounts)]
      const info: KeyInfo = { id, name, scopes, accounts, createdAt: clock.now(), expiresAt, revokedAt: null }
      const record: Json = { version: 1, digest: keyDigest(text).toString('hex'), ...info }
      await store.write(keyEntry(id), record, { expect: null })
      changed(id)
      return { ...info, key: secret(text) }
    },
    async list() {
      if (store.keys === undefined) {
        throw invalidOptions('store', 'cannot list what it holds', 'Use a store that can, e.g. sqlite or PostgreSQL.')
      }
      const keys: KeyInfo[] = []
      for (const key of await store.keys(KEY_PREFIX)) {
        const entry = await store.read(key)
        if (entry !== null) keys.push(keyInfo(parseKeyRecord(key, entry.value)))
      }
      return keys.toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))
    },
    revoke,
  }
}

function checkCreate(options: CreateKeyOptions, now: number): void {
  const { name, scopes, accounts, expiresAt } = options
  if (typeof name !== 'string' || name.trim() === '' || name.length > LONGEST_NAME || /\p{C}/u.test(name)) {
    throw invalidOptions('name', 'is no text of 1 to 100 characters', 'Say who uses the key, e.g. "the rebalancer".')
  }
  if (!Array.isArray(scopes) || scopes.length === 0 || !scopes.every((scope) => KEY_SCOPES.includes(scope))) {
    throw invalidOptions('scopes', 'is no list of scopes', `Known scopes: ${KEY_SCOPES.join(', ')}.`)
  }
  const named = accounts === '*' || (Array.isArray(accounts) && accounts.every((account) => isAccountName(account)))
  if (!named) throw invalidOptions('accounts', "is neither a list of account names nor '*'", 'Name the accounts.')
  if (expiresAt !== undefined && !(Number.isFinite(expiresAt) && expiresAt > now)) {
    throw invalidOptions('expiresAt', 'is no time to come', 'Give epoch milliseconds, or leave it out.')
  }
}
