import { hash, randomBytes, randomInt } from 'node:crypto'

/** What a caller may do: ask for tokens, send requests to the API, manage accounts and keys, read the metrics. */
export type KeyScope = 'token' | 'proxy' | 'admin' | 'metrics'

export const KEY_SCOPES: readonly KeyScope[] = ['token', 'proxy', 'admin', 'metrics']

/** The accounts that a key is for: these, or every one. */
export type KeyAccounts = readonly string[] | '*'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
const SECRET_BYTES = 32
// 32 bytes are 43 characters of base64url.
const FORMAT = /^egk_([0-9A-Za-z]{12})_[\w-]{43}$/

/** `egk_<id>_<secret>`: the prefix is what scanners for leaked secrets look for. */
export interface ApiKey {
  readonly id: string
  readonly text: string
}

export function inventApiKey(): ApiKey {
  const id = Array.from({ length: ID_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')
  return { id, text: `egk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` }
}

/** The id within a key; `null` for a text that cannot be a key. */
export function keyId(text: string): string | null {
  return FORMAT.exec(text)?.[1] ?? null
}

/**
 * SHA-256 of the whole key. A slow hash protects passwords, which can be guessed; nobody guesses 32 random bytes, and this
 * one is worked out for each request.
 */
export function keyDigest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
