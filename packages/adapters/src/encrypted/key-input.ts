import { invalidOptions, isSecret, type Secret } from '@evergrant/core'
import { fromBase64 } from './base64.ts'

/**
 * 32 bytes, as they are or as text in hexadecimal, base64 or base64url; or a CryptoKey for AES-GCM of 256 bits that may
 * encrypt and decrypt, and need not be extractable.
 */
export type KeyInput = Uint8Array | string | Secret | CryptoKey

const KEY_BYTES = 32
const KEY_BITS = 256
const HEX = /^[0-9a-f]{64}$/i
const HELP =
  'Pass 32 random bytes, as they are or in hexadecimal or base64, e.g. of: openssl rand -base64 32. A text that ' +
  'people remember is a passphrase, not a key.'

/** A CryptoKey, or bytes of our own that may be zeroed. Throws `invalid-options`, which does not repeat the key. */
export function readKey(option: string, input: KeyInput): CryptoKey | Uint8Array<ArrayBuffer> {
  if (isSecret(input)) return parseKey(option, input.reveal())
  if (typeof input === 'string') return parseKey(option, input)
  if (input instanceof Uint8Array) return checked(option, Uint8Array.from(input))
  if (isCryptoKey(input)) return input
  throw invalidOptions(option, 'is no key for AES-GCM of 256 bits that may encrypt and decrypt', HELP)
}

function parseKey(option: string, text: string): Uint8Array<ArrayBuffer> {
  if (HEX.test(text)) return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return checked(option, fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '=')))
}

function checked(option: string, bytes: Uint8Array<ArrayBuffer> | null): Uint8Array<ArrayBuffer> {
  if (bytes?.length === KEY_BYTES) return bytes
  bytes?.fill(0)
  throw invalidOptions(option, 'is not 32 bytes', HELP)
}

/** By its looks: a key of another realm is no instance of this one's CryptoKey. */
function isCryptoKey(input: unknown): input is CryptoKey {
  if (typeof input !== 'object' || input === null) return false
  const { algorithm, usages } = input as { algorithm?: Partial<AesKeyAlgorithm>; usages?: unknown }
  if (algorithm?.name !== 'AES-GCM' || algorithm.length !== KEY_BITS || !Array.isArray(usages)) return false
  return usages.includes('encrypt') && usages.includes('decrypt')
}
