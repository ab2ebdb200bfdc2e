import { isSecret, type Secret } from '@evergrant/core'
import { SALT_BYTES, type Header, type Kdf } from './envelope.ts'
import { createDerive } from './passphrase.ts'
import { importKey, sealingKey, type SealingKey } from './sealing-key.ts'

/** Bytes are taken over and zeroed. */
export type KeyMaterial = CryptoKey | Uint8Array<ArrayBuffer>

export interface KeysOptions {
  /** A key, or a passphrase. */
  readonly present: KeyMaterial | Secret
  readonly previousKeys: readonly KeyMaterial[]
  readonly previousPassphrases: readonly Secret[]
  /** Of what is sealed from now on. */
  readonly cost: number
}

/** All keys that a store knows. */
export interface Keys {
  /** The one that seals. */
  readonly present: () => Promise<SealingKey>
  /** The one that has sealed something, or `null` if it is none of these. */
  readonly find: (header: Header) => Promise<SealingKey | null>
  /** To be told when a key has opened something, and not before: what is stored may have been put there by anybody. */
  readonly proved: (key: SealingKey) => void
}

export function createKeys({ present, previousKeys, previousPassphrases, cost }: KeysOptions): Keys {
  const derive = createDerive()
  const words = isSecret(present) ? present : null
  const passphrases = words === null ? previousPassphrases : [words, ...previousPassphrases]
  const keys = (isSecret(present) ? previousKeys : [present, ...previousKeys]).map(prepare)
  // Salts of one cost are as good as each other: with one for all that is written, each process derives once.
  let kdf: Kdf | null = null
  const derivedOfWords = new WeakSet<SealingKey>()

  async function ofPassphrase(passphrase: Secret, salted: Kdf): Promise<SealingKey> {
    const key = await derive(passphrase, salted)
    if (passphrase === words) derivedOfWords.add(key)
    return key
  }

  return {
    async present() {
      if (words !== null) return ofPassphrase(words, (kdf ??= newKdf(cost)))
      return keys[0] as Promise<SealingKey>
    },
    async find(header) {
      const salted = header.kdf
      const candidates =
        salted === null
          ? keys.map((key) => () => key)
          : passphrases.map((passphrase) => () => ofPassphrase(passphrase, salted))
      // One after the other: to derive a key is dear, and the first is most often the right one.
      for (const candidate of candidates) {
        const key = await candidate()
        if (key.id === header.keyId) return key
      }
      return null
    },
    proved(key) {
      if (key.kdf?.cost === cost && derivedOfWords.has(key)) kdf ??= key.kdf
    },
  }
}

function prepare(material: KeyMaterial): Promise<SealingKey> {
  const prepared = material instanceof Uint8Array ? importKey(material) : Promise.resolve(material)
  const key = prepared.then((imported) => sealingKey(imported, null))
  // Whoever uses the store hears of it; perhaps nobody ever does.
  key.catch(() => undefined)
  return key
}

function newKdf(cost: number): Kdf {
  return { cost, salt: crypto.getRandomValues(new Uint8Array(SALT_BYTES)) }
}
