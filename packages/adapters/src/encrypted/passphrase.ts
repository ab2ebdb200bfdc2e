import { invalidOptions, isSecret, secret, type Secret } from '@evergrant/core'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { unavailable } from '../store/failures.ts'
import { toBase64 } from './base64.ts'
import type { Kdf } from './envelope.ts'
import { importKey, sealingKey, type SealingKey } from './sealing-key.ts'

/** Gives the key that a passphrase makes with a salt. */
export type Derive = (passphrase: Secret, kdf: Kdf) => Promise<SealingKey>

const SHORTEST = 12
const KEY_BYTES = 32
/** Everybody who writes to one store soon uses one salt; more come of many writers that began at once. */
const MOST_KEPT = 32

/** Throws `invalid-options`, which does not repeat the passphrase. */
export function readPassphrase(option: string, input: string | Secret): Secret {
  const text = isSecret(input) ? input.reveal() : input
  if (typeof text !== 'string') throw invalidOptions(option, 'is no text', 'Pass a passphrase.')
  // One and the same however a keyboard composes its accents (RFC 8265).
  const normal = text.normalize('NFC')
  if (Array.from(normal).length < SHORTEST) {
    const help = 'Whoever gets hold of the store can try short ones out. Take several words, or a key instead.'
    throw invalidOptions(option, `is shorter than ${SHORTEST} characters`, help)
  }
  return secret(normal)
}

/** Derives one key at a time, since each takes much memory, and keeps what it derived. */
export function createDerive(): Derive {
  const kept = new Map<Secret, Map<string, Promise<SealingKey>>>()
  let last: Promise<unknown> = Promise.resolve()

  return (passphrase, kdf) => {
    const known = kept.get(passphrase) ?? new Map<string, Promise<SealingKey>>()
    kept.set(passphrase, known)
    const name = `${kdf.cost} ${toBase64(kdf.salt)}`
    const present = known.get(name)
    if (present !== undefined) return present
    const derived = last.then(() => derive(passphrase, kdf))
    last = derived.catch(() => known.delete(name))
    known.set(name, derived)
    for (const [oldest] of known) {
      if (known.size <= MOST_KEPT) break
      known.delete(oldest)
    }
    return derived
  }
}

async function derive(passphrase: Secret, kdf: Kdf): Promise<SealingKey> {
  const words = new TextEncoder().encode(passphrase.reveal())
  try {
    const parameters = { N: 2 ** kdf.cost, r: 8, p: 1, dkLen: KEY_BYTES }
    const bytes = (await scryptAsync(words, kdf.salt, parameters)) as Uint8Array<ArrayBuffer>
    return await sealingKey(await importKey(bytes), kdf)
  } catch (error) {
    const mebibytes = 2 ** kdf.cost / 1024
    const help = `It takes ${mebibytes} MiB of memory for a moment. Give the process more, or lower kdfCost.`
    const name = error instanceof Error ? error.name : typeof error
    throw unavailable('scrypt', `The passphrase could not be made a key (${name})`, help)
  } finally {
    words.fill(0)
  }
}
