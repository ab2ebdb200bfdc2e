import { invalidOptions, systemClock, type Clock, type TokenStore } from '@evergrant/core'
import { createDesk, type Desk } from './in-process/desk.ts'
import { itemName } from './in-process/item-name.ts'
import { itemStore } from './in-process/item-store.ts'
import { keychainItems } from './keyring/keychain-items.ts'
import { openKeychain } from './keyring/keychain.ts'
import { checkKnownOptions } from './options/known-options.ts'

export interface KeyringStoreOptions {
  /** What the items are filed under; one for each program that shall not share accounts. Default `evergrant`. */
  readonly service?: string
  /** Ms for one call, in which the keychain may ask the person to unlock it. Default 60000. */
  readonly maxWait?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

const KNOWN = ['service', 'maxWait', 'clock']
const DEFAULT_SERVICE = 'evergrant'
const DEFAULT_MAX_WAIT = 60_000
/** It becomes a part of what Windows finds an item by. */
const LONGEST_SERVICE = 100
/** A credential of Windows holds 2560 bytes; the others take what a record needs, and much more. */
const ITEM_BYTES = process.platform === 'win32' ? 2_500 : Number.POSITIVE_INFINITY

/** By service: all stores of this process that name one are one. */
const desks = /* @__PURE__ */ new Map<string, Desk>()

/**
 * Keeps accounts in the keychain of the operating system, by `@napi-rs/keyring`: the Keychain of macOS, the Credential
 * Manager of Windows, on Linux the Secret Service (GNOME Keyring, KWallet, KeePassXC). For one process: a keychain can
 * neither compare and set nor lease, so the store says `sharing: 'process'`, and a session that asks for more is refused
 * with `store-sharing`. All stores of one service within the process are one.
 *
 * Where there is no keychain, as on Linux without a desktop, every call rejects with `store-unavailable`, whose `help`
 * names what to use instead. Nothing is ever put into a file, nor into the keyring of the Linux kernel, which forgets
 * everything at the next start of the machine.
 *
 * An entry is the item `<service>` / `<key>`, with the key in small letters (`grant/default` becomes `grant__default`):
 *
 * ```json
 * { "format": "evergrant", "version": 1, "key": "<key>", "revision": "<changes with each write>", "value": "<JSON text>" }
 * ```
 *
 * On Windows, where an item holds 2500 bytes, a bigger one is spread over `<key>#a0`, `<key>#a1` and so on, or `#b0`; what
 * takes the place of the old entry is one item all the same, so a kill leaves the old entry or the new one. On Linux each
 * entry in use holds a connection of the session bus, of which a user has 256 by default: keep hundreds of accounts
 * elsewhere. Changes by other programs are not watched.
 *
 * Errors, each with what to do next in `help`:
 * - `store-unavailable`: no keychain, locked, refused, or not answered in time. The library's error is not passed on
 * - `store-corrupt`: an item of another program, damaged, or of a newer version. It is not written over
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: also for a value that is not JSON
 *
 * @see https://github.com/Brooooooklyn/keyring-node
 */
export function keyringStore(options: KeyringStoreOptions = {}): TokenStore {
  checkKnownOptions(options, KNOWN)
  const { service = DEFAULT_SERVICE, maxWait = DEFAULT_MAX_WAIT, clock = systemClock } = options
  if (typeof service !== 'string' || service === '' || service.length > LONGEST_SERVICE) {
    throw invalidOptions('service', `is no name of 1 to ${LONGEST_SERVICE} characters`, "Name it, e.g. 'my-bot'.")
  }
  const items = keychainItems({
    keychain: openKeychain(service),
    service,
    nameOf: itemName,
    itemBytes: ITEM_BYTES,
  })
  return itemStore({ items, desk: deskOf(service), place: `the keychain (${service})`, maxWait, clock })
}

function deskOf(service: string): Desk {
  const desk = desks.get(service) ?? createDesk()
  desks.set(service, desk)
  return desk
}
