import { invalidOptions } from '../errors.ts'
import { grantKey } from '../records/record.ts'
import type { TokenStore } from '../store.ts'

/**
 * The names of the accounts that a store holds, signed-out ones too, in alphabetical order. Rejects with
 * `invalid-options` for a store that cannot list its keys, and with what the store says.
 */
export async function listAccounts(store: TokenStore): Promise<readonly string[]> {
  if (store.keys === undefined) {
    const help =
      'Name the account. The stores /file, /sqlite, /postgres and /redis and memoryStore() can list what they hold.'
    throw invalidOptions('store', 'cannot list what it holds', help)
  }
  const prefix = grantKey('')
  const keys = await store.keys(prefix)
  return keys.map((key) => key.slice(prefix.length)).toSorted()
}
