import { invalidOptions, type Json, type Secret, type TokenStore, type WriteOptions } from '@evergrant/core'
import { HIGHEST_COST, looksSealed, LOWEST_COST } from './encrypted/envelope.ts'
import { readKey, type KeyInput } from './encrypted/key-input.ts'
import { createKeys, type KeyMaterial } from './encrypted/keys.ts'
import { readPassphrase } from './encrypted/passphrase.ts'
import { createSealer } from './encrypted/seal.ts'
import { checkKnownOptions } from './options/known-options.ts'
import { corrupt, unavailable } from './store/failures.ts'
import { jsonText } from './store/json-text.ts'

export type { KeyInput }

interface RotationOptions {
  /** Keys that were replaced: what they sealed is read, and the next write seals it with the present one. */
  readonly previousKeys?: readonly KeyInput[]
  /** Passphrases that were replaced, likewise. Also after a change from a passphrase to a key. */
  readonly previousPassphrases?: readonly (string | Secret)[]
  /**
   * True reads values that are not sealed too, and seals them when they are written next: for moving a plain store.
   * While it is on, whoever can write to the inner store can plant a plain value. Default false: they are refused.
   */
  readonly acceptPlain?: boolean
}

export interface KeyOptions extends RotationOptions {
  readonly key: KeyInput
  readonly passphrase?: never
  readonly kdfCost?: never
}

export interface PassphraseOptions extends RotationOptions {
  /** 12 characters or more. */
  readonly passphrase: string | Secret
  /**
   * What a guess of the passphrase shall cost: scrypt with N = 2^kdfCost, r = 8, p = 1. Each step doubles time and memory;
   * 10 to 20. Default 17, as OWASP advises: 128 MiB and about a second, once for each salt that a process meets.
   */
  readonly kdfCost?: number
  readonly key?: never
}

export type EncryptedStoreOptions = KeyOptions | PassphraseOptions

const KNOWN = ['key', 'passphrase', 'kdfCost', 'previousKeys', 'previousPassphrases', 'acceptPlain']
const DEFAULT_COST = 17

const PLAIN =
  'If it was stored before this store was encrypted, pass acceptPlain: true until each entry was written once. ' +
  'Otherwise somebody has planted it. It was left as it is.'

/**
 * Seals what another store keeps, e.g. `encryptedStore(fileStore('.secrets'), { passphrase })`. Whoever reads the inner
 * store learns the names of the entries, the size of the values and when they change, and nothing else; whoever changes
 * it is found out. Not so for one who puts back an older state of an entry, or deletes it. Runs wherever WebCrypto is.
 *
 * The inner store does the rest: how far it reaches, its leases, its watch, its time, its revisions and compare-and-set
 * are those of this one.
 *
 * A value becomes an envelope, sealed with AES-256-GCM and a fresh nonce of 96 random bits (one key is good for 2^32
 * writes, by NIST SP 800-38D):
 *
 * ```json
 * {
 *   "format": "evergrant/sealed",
 *   "version": 1,
 *   "cipher": "A256GCM",
 *   "key": "<which key: 16 hexadecimal digits>",
 *   "kdf": { "name": "scrypt", "N": 131072, "r": 8, "p": 1, "salt": "<16 bytes, base64>" },
 *   "nonce": "<12 bytes, base64>",
 *   "sealed": "<JSON of the value in UTF-8, encrypted, and the tag of 16 bytes; base64>"
 * }
 * ```
 *
 * `kdf` is there for a passphrase only. The additional data are the JSON text of `[format, version, cipher, <name of the
 * entry>, key, kdf or null]`, so that no envelope can be moved to another entry. `key` is the first 8 bytes of the tag
 * that AES-GCM gives to an empty text with a nonce of zeros and the additional data `evergrant key id`.
 *
 * With a passphrase, the first read or write takes the time and memory of {@link PassphraseOptions.kdfCost}, in slices
 * of 10 ms; what is derived is kept in memory as a key that cannot be exported.
 *
 * Errors, each with what to do next in `help`:
 * - `store-corrupt`: sealed with another key, tampered with, damaged, not sealed, or of a newer version. It is neither
 *   written over nor deleted, unless the caller names its revision
 * - `store-unavailable`: no WebCrypto here, or no memory for the passphrase
 * - `invalid-options`: a key that is none, a short passphrase, a value that is not JSON
 * - those of the inner store
 */
export function encryptedStore(inner: TokenStore, options: EncryptedStoreOptions): TokenStore {
  checkOptions(inner, options)
  const { acceptPlain = false } = options
  const keys = createKeys({
    present: readPresent(options),
    previousKeys: (options.previousKeys ?? []).map((key) => readKey('previousKeys', key)),
    previousPassphrases: (options.previousPassphrases ?? []).map((text) => readPassphrase('previousPassphrases', text)),
    cost: options.kdfCost ?? DEFAULT_COST,
  })
  const { seal, open } = createSealer(keys)

  async function unseal(key: string, value: Json): Promise<Json> {
    if (looksSealed(value)) return open(key, value)
    if (acceptPlain) return value
    throw corrupt(key, `The entry ${key} is not sealed`, PLAIN)
  }

  /** A store never damages what it could not read. Whoever names a revision has read it. */
  async function refuseUnreadable(key: string, { expect }: WriteOptions): Promise<void> {
    if (expect !== undefined) return
    const entry = await inner.read(key)
    if (entry !== null) await unseal(key, entry.value)
  }

  const watch = inner.watch?.bind(inner)
  const time = inner.time?.bind(inner)
  const list = inner.keys?.bind(inner)
  return {
    sharing: inner.sharing,
    async read(key) {
      const entry = await inner.read(key)
      return entry === null ? null : { value: await unseal(key, entry.value), revision: entry.revision }
    },
    async write(key, value, writeOptions = {}) {
      const text = jsonText(value)
      await refuseUnreadable(key, writeOptions)
      return inner.write(key, await seal(key, text), writeOptions)
    },
    async delete(key, writeOptions = {}) {
      await refuseUnreadable(key, writeOptions)
      await inner.delete(key, writeOptions)
    },
    lease: (key, leaseOptions) => inner.lease(key, leaseOptions),
    ...(watch === undefined ? {} : { watch }),
    ...(time === undefined ? {} : { time }),
    ...(list === undefined ? {} : { keys: list }),
  }
}

function checkOptions(inner: TokenStore, options: EncryptedStoreOptions): void {
  if (typeof inner?.read !== 'function' || typeof inner.write !== 'function' || typeof inner.lease !== 'function') {
    throw invalidOptions('inner', 'is no token store', "Pass the store to seal, e.g. fileStore('.secrets').")
  }
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', 'Pass { key } or { passphrase }.')
  }
  checkKnownOptions(options, KNOWN)
  if ((options.key === undefined) === (options.passphrase === undefined)) {
    throw invalidOptions('key', 'is to be given, or passphrase, and not both', 'Pass { key } or { passphrase }.')
  }
  const { kdfCost = DEFAULT_COST } = options
  if (!Number.isInteger(kdfCost) || kdfCost < LOWEST_COST || kdfCost > HIGHEST_COST) {
    const help = `Pass an integer from ${LOWEST_COST} to ${HIGHEST_COST}; memory is 2^kdfCost KiB.`
    throw invalidOptions('kdfCost', `${String(kdfCost)} is no cost`, help)
  }
  if (typeof globalThis.crypto?.subtle?.encrypt !== 'function') {
    const help = 'Browsers have it on pages of https and of localhost only.'
    throw unavailable('crypto.subtle', 'There is no WebCrypto here', help)
  }
}

function readPresent(options: EncryptedStoreOptions): KeyMaterial | Secret {
  if (options.key !== undefined) return readKey('key', options.key)
  return readPassphrase('passphrase', options.passphrase)
}
