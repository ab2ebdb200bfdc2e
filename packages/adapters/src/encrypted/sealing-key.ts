import { bytesToHex } from '@noble/hashes/utils.js'
import { NONCE_BYTES, type Kdf } from './envelope.ts'

/** A key that seals and opens. */
export interface SealingKey {
  readonly key: CryptoKey
  /** 16 hexadecimal digits by which the key is found again, and which tell nothing of it. */
  readonly id: string
  readonly kdf: Kdf | null
}

const ID_BYTES = 8
const ID_PURPOSE = new TextEncoder().encode('evergrant key id')

/**
 * Names a key by what AES-GCM makes of nothing with it, the nonce all zero: that can be had of a key that cannot be
 * exported too. A random nonce is all zero once in 2^96 times.
 */
export async function sealingKey(key: CryptoKey, kdf: Kdf | null): Promise<SealingKey> {
  const parameters = { name: 'AES-GCM', iv: new Uint8Array(NONCE_BYTES), additionalData: ID_PURPOSE }
  const tag = await crypto.subtle.encrypt(parameters, key, new Uint8Array(0))
  return { key, id: bytesToHex(new Uint8Array(tag, 0, ID_BYTES)), kdf }
}

/** Takes the bytes over: they are zero afterwards. The key made of them cannot be exported. */
export async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
  } finally {
    bytes.fill(0)
  }
}
