import type { KeyScope } from './api-key.ts'
import type { KeyRecord } from './key-record.ts'

/** Who asks: an API key that was found good. */
export interface Principal {
  readonly id: string
  readonly scopes: ReadonlySet<KeyScope>
  /** `null` for every account. */
  readonly accounts: ReadonlySet<string> | null
  /** The account of a key that is for just one. */
  readonly only: string | null
  /** Epoch ms; `Infinity` for never. */
  readonly expiresAt: number
}

export function principalOf({ id, scopes, accounts, expiresAt }: KeyRecord): Principal {
  const [only = null, ...others] = accounts === '*' ? [] : accounts
  return {
    id,
    scopes: new Set(scopes),
    accounts: accounts === '*' ? null : new Set(accounts),
    only: others.length === 0 ? only : null,
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
  }
}

export function mayUse({ accounts }: Principal, account: string): boolean {
  return accounts === null || accounts.has(account)
}
