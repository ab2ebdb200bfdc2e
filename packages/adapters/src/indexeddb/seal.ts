import type { Json, Revision } from '@evergrant/core'
import { corrupt, unavailable } from '../store/failures.ts'
import { nameOf, refused } from '../tabs/failures.ts'
import type { Database } from './database.ts'
import { resultOf } from './requests.ts'

/** A value that only this browser profile can read. */
export interface SealedValue {
  readonly iv: Uint8Array<ArrayBuffer>
  readonly sealed: ArrayBuffer
}

/** The key of a database, and the connection by which it is known: with another one it may be another database. */
interface KnownKey extends SealedFor {
  readonly sealing: CryptoKey
}

/** To be written by this connection. */
export interface SealedFor {
  readonly connection: IDBDatabase
}

export interface Seal {
  /** For the connection that is given, or any. */
  close(place: SealedPlace, text: string, connection?: IDBDatabase): Promise<SealedValue & SealedFor>
  /** What was read by this connection. */
  open(place: SealedPlace, value: SealedValue, connection: IDBDatabase): Promise<Json>
}

/** Sealed with the value, so that no entry can be put in the place of another, or of a later one. */
interface SealedPlace {
  readonly key: string
  readonly revision: Revision
}

/** NIST SP 800-38D: 96 bits, new for each message. */
const IV_BYTES = 12
const KEY_ID = 'seal'

const LOST_HELP =
  'It was left as it is. Delete the database (in the browser: site data, IndexedDB) and log in again; what it held cannot be had back.'

/** AES-GCM (NIST SP 800-38D) with a key that no script can read, made once for a database and kept in it. */
export function createSeal(database: Database, name: string): Seal {
  let known: Promise<KnownKey> | undefined

  async function makeKey(): Promise<KnownKey> {
    const { subtle } = crypto as { readonly subtle?: SubtleCrypto }
    if (subtle === undefined) {
      const help = 'Serve the page over https or from localhost.'
      throw unavailable(name, 'There is no WebCrypto here: the page is no secure context', help)
    }
    const present = await database.run('readonly', ['keys'], async (store, connection) => ({
      sealing: stored(await resultOf(store('keys').get(KEY_ID))),
      connection,
    }))
    if (present.sealing !== null) return { ...present, sealing: present.sealing }
    // Made outside the transaction, which does not wait for it; of two tabs that do so, the first is followed.
    const made = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    return database.run('readwrite', ['keys', 'entries'], async (store, connection) => {
      const other = stored(await resultOf(store('keys').get(KEY_ID)))
      if (other !== null) return { sealing: other, connection }
      if ((await resultOf(store('entries').count())) > 0) throw lost(name)
      await resultOf(store('keys').put(made, KEY_ID))
      return { sealing: made, connection }
    })
  }

  function stored(key: unknown): CryptoKey | null {
    if (key === undefined) return null
    if (key instanceof CryptoKey && key.algorithm.name === 'AES-GCM') return key
    throw lost(name)
  }

  function newlyKnown(): Promise<KnownKey> {
    const knowing = makeKey()
    known = knowing
    knowing.catch(() => {
      if (known === knowing) known = undefined
    })
    return knowing
  }

  async function keyOf(connection?: IDBDatabase): Promise<KnownKey> {
    const present = await (known ?? newlyKnown())
    return connection === undefined || present.connection === connection ? present : newlyKnown()
  }

  return {
    async close(place, text, wanted) {
      const { sealing, connection } = await keyOf(wanted)
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const algorithm = { name: 'AES-GCM', iv, additionalData: bytesOf(place) }
      const sealed = await crypto.subtle.encrypt(algorithm, sealing, new TextEncoder().encode(text))
      return { iv, sealed, connection }
    },
    async open(place, { iv, sealed }, connection) {
      const { sealing } = await keyOf(connection)
      const algorithm = { name: 'AES-GCM', iv, additionalData: bytesOf(place) }
      let text: ArrayBuffer
      try {
        text = await crypto.subtle.decrypt(algorithm, sealing, sealed)
      } catch (error) {
        if (nameOf(error) !== 'OperationError') throw refused(name, 'unseal an entry of', error)
        throw corrupt(
          name,
          `The entry ${place.key} does not fit its seal: it was changed, or its key is gone`,
          LOST_HELP,
        )
      }
      return JSON.parse(new TextDecoder().decode(text)) as Json
    },
  }
}

function bytesOf({ key, revision }: SealedPlace): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(['evergrant', 1, key, revision]))
}

const lost = (name: string): Error => corrupt(name, `The key of the database ${name} is gone`, LOST_HELP)
