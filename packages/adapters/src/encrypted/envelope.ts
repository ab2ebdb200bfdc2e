import type { Json } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'
import { fromBase64, toBase64 } from './base64.ts'

/** How a passphrase was made a key, by RFC 7914. */
export interface Kdf {
  /** Cost: N is 2 to the power of it; r is 8 and p is 1. */
  readonly cost: number
  readonly salt: Uint8Array<ArrayBuffer>
}

/** What stands beside the sealed value, in clear. All of it is authenticated with the value. */
export interface Header {
  readonly keyId: string
  /** `null` for a key that was made of no passphrase. */
  readonly kdf: Kdf | null
}

export interface Envelope extends Header {
  readonly nonce: Uint8Array<ArrayBuffer>
  /** The ciphertext with the tag of 16 bytes behind it. */
  readonly sealed: Uint8Array<ArrayBuffer>
}

export const LOWEST_COST = 10
/** 1 GiB. More is not derived, whoever asks for it: the salt and the cost are read before anything can be verified. */
export const HIGHEST_COST = 20
export const NONCE_BYTES = 12
export const SALT_BYTES = 16

const FORMAT = 'evergrant/sealed'
const VERSION = 1
const CIPHER = 'A256GCM'
const KDF = 'scrypt'
const BLOCK_SIZE = 8
const PARALLELISM = 1
const TAG_BYTES = 16
const KEY_ID = /^[0-9a-f]{16}$/
const MEMBERS = 'cipher format key nonce sealed version'
const MEMBERS_WITH_KDF = 'cipher format kdf key nonce sealed version'
const KDF_MEMBERS = 'N name p r salt'

const DAMAGED =
  'It was left as it is. It is damaged, or somebody has changed it. Restore it from a backup, or delete the entry in ' +
  'the store beneath and log in again.'

export function formatEnvelope({ keyId, kdf, nonce, sealed }: Envelope): Json {
  return {
    format: FORMAT,
    version: VERSION,
    cipher: CIPHER,
    key: keyId,
    ...(kdf === null ? {} : { kdf: formatKdf(kdf) }),
    nonce: toBase64(nonce),
    sealed: toBase64(sealed),
  }
}

/** Binds a sealed value to its entry, and to all that stands beside it. */
export function additionalData(entry: string, { keyId, kdf }: Header): Uint8Array<ArrayBuffer> {
  const bound = [FORMAT, VERSION, CIPHER, entry, keyId, kdf === null ? null : formatKdf(kdf)]
  return new TextEncoder().encode(JSON.stringify(bound))
}

/** Whether somebody meant this to be an envelope, whole or not. */
export function looksSealed(value: Json): boolean {
  return isObject(value) && (value['format'] === FORMAT || value['sealed'] !== undefined)
}

/**
 * Reads what {@link formatEnvelope} made; throws `store-corrupt` for anything else. There is one way to write each
 * envelope, so that no change of it goes unnoticed.
 */
export function parseEnvelope(entry: string, value: Json): Envelope {
  const damaged = (): Error => corrupt(entry, `The sealed entry ${entry} is damaged`, DAMAGED)
  if (!isObject(value) || value['format'] !== FORMAT) throw damaged()
  const { version, cipher, key: keyId } = value
  if (typeof version === 'number' && version > VERSION) {
    const help = `Update evergrant: this version reads up to ${VERSION}. It was left as it is.`
    throw corrupt(entry, `The entry ${entry} was sealed by a newer evergrant (version ${version})`, help)
  }
  const members = Object.keys(value).toSorted().join(' ')
  if (members !== MEMBERS && members !== MEMBERS_WITH_KDF) throw damaged()
  const kdf = value['kdf'] === undefined ? null : parseKdf(value['kdf'])
  const nonce = parseBytes(value['nonce'])
  const sealed = parseBytes(value['sealed'])
  if (version !== VERSION || cipher !== CIPHER || typeof keyId !== 'string' || !KEY_ID.test(keyId)) throw damaged()
  if (kdf === undefined || nonce?.length !== NONCE_BYTES || sealed === null || sealed.length < TAG_BYTES)
    throw damaged()
  return { keyId, kdf, nonce, sealed }
}

function formatKdf({ cost, salt }: Kdf): { readonly [name: string]: Json } {
  return { name: KDF, N: 2 ** cost, r: BLOCK_SIZE, p: PARALLELISM, salt: toBase64(salt) }
}

/** `undefined` for anything that {@link formatKdf} does not write. */
function parseKdf(value: Json): Kdf | undefined {
  if (!isObject(value) || Object.keys(value).toSorted().join(' ') !== KDF_MEMBERS) return undefined
  const { name, N: work, r, p } = value
  const cost = Math.log2(Number(work))
  const salt = parseBytes(value['salt'])
  if (name !== KDF || r !== BLOCK_SIZE || p !== PARALLELISM || salt?.length !== SALT_BYTES) return undefined
  const bounded = Number.isInteger(cost) && cost >= LOWEST_COST && cost <= HIGHEST_COST && work === 2 ** cost
  return bounded ? { cost, salt } : undefined
}

function parseBytes(value: Json | undefined): Uint8Array<ArrayBuffer> | null {
  return typeof value === 'string' ? fromBase64(value) : null
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
