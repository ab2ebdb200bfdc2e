import { relative } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { grantKey, type Secret, type TokenStore } from '@evergrant/core'
import { KEYCHAIN, type AccountChoice } from '../account/choice.ts'
import { openStore } from '../account/open-store.ts'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'
import type { Prompts } from '../terminal/prompts.ts'

/** How a login is kept. */
export type Keeping = 'file' | 'encrypted' | 'keychain'

/** Where a login is kept. */
export interface Place {
  readonly store: TokenStore
  /** In words, e.g. `.secrets (encrypted)`. */
  readonly name: string
  /** Of the file; `null` for the keychain. */
  readonly path: string | null
  /** What other commands have to be told to find it, if anything. */
  readonly hint: string | null
}

export interface PlaceOptions {
  readonly choice: AccountChoice
  /** Default: the person is asked; a plain file where nobody can be. */
  readonly keeping?: Keeping | undefined
}

interface PlacePorts {
  readonly io: Io
  readonly prompts: Prompts | null
  /** As `kdfCost` of `encryptedStore()`. */
  readonly kdfCost?: number | undefined
}

const SHORTEST_PASSPHRASE = 12
const KEYCHAIN_HINT = 'Other commands find it with --store keychain, or with EVERGRANT_STORE=keychain.'
const PASSPHRASE_HINT = 'Other commands ask for the passphrase, or take it from EVERGRANT_PASSPHRASE.'

/**
 * Opens the store in which the login shall be kept. A file stays what it is, plain or encrypted, since bots may share it;
 * for a new one the person chooses. Rejects with what the store says, before anybody is asked for a secret.
 */
export async function choosePlace({ choice, keeping }: PlaceOptions, ports: PlacePorts): Promise<Place> {
  const { io, prompts } = ports
  if (choice.store === KEYCHAIN) return keychain(choice, io)
  const file = fileStore(choice.store, { clock: io.clock })
  const name = relative(io.cwd, choice.store) || choice.store
  const known = (await file.keys?.('')) ?? []
  if (known.length > 0) {
    const store = await openStore(choice, io)
    return { store, name, path: choice.store, hint: null }
  }
  const kept = keeping ?? (await askKeeping(name, prompts))
  if (kept === 'keychain') return keychain(choice, io)
  if (kept === 'file') return { store: file, name, path: choice.store, hint: null }
  const { encryptedStore } = await import('@evergrant/adapters/encrypted')
  const passphrase = choice.passphrase ?? (await askPassphrase(prompts))
  const store = encryptedStore(
    file,
    ports.kdfCost === undefined ? { passphrase } : { passphrase, kdfCost: ports.kdfCost },
  )
  return { store, name: `${name} (encrypted)`, path: choice.store, hint: PASSPHRASE_HINT }
}

async function keychain(choice: AccountChoice, io: Io): Promise<Place> {
  const store = await openStore({ ...choice, store: KEYCHAIN }, io)
  // A keychain that is locked or not there is found out now, and not after the login.
  await store.read(grantKey(choice.account))
  return { store, name: 'the keychain', path: null, hint: KEYCHAIN_HINT }
}

async function askKeeping(name: string, prompts: Prompts | null): Promise<Keeping> {
  if (prompts === null) return 'file'
  return prompts.choose<Keeping>('Where shall the login be kept?', [
    { value: 'file', label: `In the file ${name}`, hint: 'readable by you alone; bots can start by themselves' },
    { value: 'encrypted', label: `In the file ${name}, encrypted`, hint: 'a passphrase opens it' },
    { value: 'keychain', label: 'In the keychain of this computer', hint: 'for one program at a time' },
  ])
}

async function askPassphrase(prompts: Prompts | null): Promise<Secret> {
  if (prompts === null) {
    throw usage(
      'There is no terminal to ask for a passphrase',
      'Set EVERGRANT_PASSPHRASE, or keep the login in a plain file.',
    )
  }
  const check = (text: string): string | undefined =>
    Array.from(text).length < SHORTEST_PASSPHRASE
      ? `Take ${SHORTEST_PASSPHRASE} characters or more, such as several words.`
      : undefined
  const passphrase = await prompts.askSecret('A passphrase for the file', { check })
  await prompts.askSecret('The same once more', {
    check: (text) => (text === passphrase.reveal() ? undefined : 'That is not the same. Ctrl-C begins anew.'),
  })
  return passphrase
}
