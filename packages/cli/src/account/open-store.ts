import { fileStore } from '@evergrant/adapters/file'
import type { Json, TokenStore } from '@evergrant/core'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import { terminalPrompts } from '../terminal/prompts.ts'
import { KEYCHAIN, type AccountChoice } from './choice.ts'

/**
 * The store that was chosen: a file, a file that is encrypted, or the keychain. For an encrypted one the passphrase comes
 * from `EVERGRANT_PASSPHRASE`, or from the person at the terminal.
 */
export async function openStore(choice: AccountChoice, io: Io): Promise<TokenStore> {
  if (choice.store === KEYCHAIN) return openKeychain(io)
  const file = fileStore(choice.store, { clock: io.clock })
  if (!(await isSealed(file))) return file
  const prompts = choice.passphrase === undefined ? await terminalPrompts(io) : null
  const passphrase = choice.passphrase ?? (await prompts?.askSecret(`The passphrase of ${choice.store}`))
  if (passphrase === undefined) {
    throw new CommandError('unsupported', {
      message: `${choice.store} is encrypted, and there is no terminal to ask for its passphrase`,
      help: 'Set EVERGRANT_PASSPHRASE, or run the command in a terminal.',
    })
  }
  const { encryptedStore } = await import('@evergrant/adapters/encrypted')
  return encryptedStore(file, { passphrase })
}

/** Whether what it holds was written by `encryptedStore()`, which names its format in each entry. */
async function isSealed(store: TokenStore): Promise<boolean> {
  for (const key of (await store.keys?.('')) ?? []) {
    const entry = await store.read(key)
    if (entry !== null) return formatOf(entry.value) === 'evergrant/sealed'
  }
  return false
}

function formatOf(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return (value as { readonly [name: string]: Json })['format']
}

async function openKeychain({ clock }: Io): Promise<TokenStore> {
  try {
    const { keyringStore } = await import('@evergrant/adapters/keyring')
    return keyringStore({ clock })
  } catch (cause) {
    throw new CommandError('unsupported', {
      message: 'The library for the keychain is not installed',
      help: 'Run: npm install @napi-rs/keyring   or keep the account in a file, with --store PATH.',
      cause,
    })
  }
}
