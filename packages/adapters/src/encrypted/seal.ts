import type { Json } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'
import { additionalData, formatEnvelope, NONCE_BYTES, parseEnvelope } from './envelope.ts'
import type { Keys } from './keys.ts'

export interface Sealer {
  /** Gives the envelope for a JSON text. */
  readonly seal: (entry: string, text: string) => Promise<Json>
  /** Gives the value back; throws `store-corrupt` if it cannot. */
  readonly open: (entry: string, envelope: Json) => Promise<Json>
}

const OTHER_KEY =
  'Pass the key or passphrase that it was sealed with: as the present one, or in previousKeys or previousPassphrases ' +
  'if it was replaced. It was left as it is.'
const TAMPERED =
  'The key is the right one. Somebody has changed the sealed value or moved it from another entry, or the storage is ' +
  'damaged. It was left as it is: restore it from a backup, or delete the entry in the store beneath and log in again.'

export function createSealer(keys: Keys): Sealer {
  return {
    async seal(entry, text) {
      const { key, id: keyId, kdf } = await keys.present()
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const parameters = { name: 'AES-GCM', iv: nonce, additionalData: additionalData(entry, { keyId, kdf }) }
      const sealed = await crypto.subtle.encrypt(parameters, key, new TextEncoder().encode(text))
      return formatEnvelope({ keyId, kdf, nonce, sealed: new Uint8Array(sealed) })
    },
    async open(entry, value) {
      const envelope = parseEnvelope(entry, value)
      const key = await keys.find(envelope)
      if (key === null) throw corrupt(entry, `The entry ${entry} was sealed with another key`, OTHER_KEY)
      const { nonce: iv, sealed } = envelope
      let text: ArrayBuffer
      try {
        const parameters = { name: 'AES-GCM', iv, additionalData: additionalData(entry, envelope) }
        text = await crypto.subtle.decrypt(parameters, key.key, sealed)
      } catch {
        throw corrupt(entry, `The sealed entry ${entry} has been tampered with`, TAMPERED)
      }
      keys.proved(key)
      return JSON.parse(new TextDecoder().decode(text)) as Json
    },
  }
}
