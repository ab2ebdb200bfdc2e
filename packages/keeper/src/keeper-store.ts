import { encryptedStore } from '@evergrant/adapters/encrypted'
import { invalidOptions, type TokenStore } from '@evergrant/core'
import type { Sealing } from './keeper-options.ts'

/** The store as the keeper uses it: sealed, or said to be. Throws `invalid-options`. */
export function keeperStore(store: TokenStore, sealing: Sealing): TokenStore {
  if (sealing === 'sealed-already') return store
  if (typeof sealing !== 'object' || sealing === null) {
    const help = "Pass { key } with 32 random bytes, or 'sealed-already' for a store that seals what it keeps."
    throw invalidOptions('sealing', 'is missing', help)
  }
  const { key, previousKeys } = sealing
  return encryptedStore(store, { key, ...(previousKeys === undefined ? {} : { previousKeys }) })
}
