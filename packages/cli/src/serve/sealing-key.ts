import { randomBytes } from 'node:crypto'
import { secret, type Clock, type Json, type Secret, type TokenStore } from '@evergrant/core'
import type { Sealing } from '@evergrant/keeper'
import { CommandError } from '../output/command-error.ts'
import type { KeeperChoice, KeyPlace } from './keeper-choice.ts'
import { checkKey, readKeyFile, writeKeyFile } from './key-file.ts'

export interface SealingParts {
  readonly store: TokenStore
  readonly clock: Clock
  /** Told, loudly, of a key that was made. */
  readonly warn: (text: string) => void
}

const KEY_BYTES = 32
const KEYCHAIN_SERVICE = 'evergrant-keeper'
const KEYCHAIN_ENTRY = 'sealing-key'

/**
 * The key that seals the store. Where there is none yet and the store is empty, one is made and kept; where the store is
 * not empty, its key is lost or elsewhere, and another would be of no use: `sealing-key-missing`.
 */
export async function sealingOf({ key, previousKeys }: KeeperChoice, parts: SealingParts): Promise<Sealing> {
  const previous = await Promise.all(previousKeys.map((file) => presentKey(file)))
  return { key: await keyAt(key, parts), previousKeys: previous }
}

async function keyAt(place: KeyPlace, parts: SealingParts): Promise<Secret> {
  switch (place.kind) {
    case 'environment':
      return checkKey(place.key.reveal(), 'EVERGRANT_KEEPER_KEY')
    case 'file': {
      const present = await readKeyFile(place.file)
      if (present !== null) return present
      await checkEmpty(parts.store, place.file)
      const made = newKey()
      if (await writeKeyFile(place.file, made)) {
        parts.warn(madeKey(place.file))
        return made
      }
      // Somebody else was first.
      return presentKey(place.file)
    }
    case 'keychain': {
      const keychain = await openKeychain(parts.clock)
      const entry = await keychain.read(KEYCHAIN_ENTRY)
      if (entry !== null) return checkKey(textOf(entry.value), 'the keychain')
      await checkEmpty(parts.store, 'the keychain')
      const made = newKey()
      await keychain.write(KEYCHAIN_ENTRY, made.reveal(), { expect: null })
      parts.warn(madeKey(`the keychain (service ${KEYCHAIN_SERVICE})`))
      return made
    }
  }
}

function newKey(): Secret {
  return secret(randomBytes(KEY_BYTES).toString('base64'))
}

function madeKey(where: string): string {
  return (
    `A new sealing key was made: ${where}\n` +
    `  BACK THIS FILE UP, apart from the store. Without it nobody can read what the store holds, and every account has\n` +
    '  to be logged in again; with it and a copy of the store anybody can.\n'
  ).replace('THIS FILE', where.startsWith('the keychain') ? 'THIS KEY' : 'THIS FILE')
}

async function presentKey(file: string): Promise<Secret> {
  const key = await readKeyFile(file)
  if (key !== null) return key
  throw missing(file, 'Name a file that is there, or leave out --previous-key-file.')
}

async function checkEmpty(store: TokenStore, where: string): Promise<void> {
  const keys = (await store.keys?.('')) ?? []
  if (keys.length === 0) return
  throw missing(
    where,
    'The store is not empty: put back the key that it was sealed with, from its backup, or name another place with --key-file.',
  )
}

function missing(where: string, help: string): CommandError {
  return new CommandError('sealing-key-missing', { message: `There is no sealing key in ${where}`, help })
}

async function openKeychain(clock: Clock): Promise<TokenStore> {
  try {
    const { keyringStore } = await import('@evergrant/adapters/keyring')
    return keyringStore({ service: KEYCHAIN_SERVICE, clock })
  } catch (cause) {
    throw new CommandError('unsupported', {
      message: 'The library for the keychain is not installed',
      help: 'Run: npm install @napi-rs/keyring   or keep the key in a file, with --key-file PATH.',
      cause,
    })
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : ''
}
