import type { Sharing, TokenStore } from '@evergrant/core'

/** A store where none can be: every call rejects with what `refuse` throws, and nothing is stored or sent. */
export function refusingStore(sharing: Sharing, refuse: () => never): TokenStore {
  const reject = async (): Promise<never> => refuse()
  return { sharing, read: reject, write: reject, delete: reject, lease: reject }
}
