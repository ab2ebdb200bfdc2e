import type { Json } from '@evergrant/core'
import type { SharedStore } from './shared-store.ts'
import { ISSUER } from './simulated-session.ts'

/** As much of a stored grant as witnesses need. Times are epoch ms by the server's clock. */
export interface RecordView {
  readonly generation: number
  readonly epoch: number
  readonly signedOut: boolean
  readonly credentials: { readonly clientSecret?: string; readonly refreshToken?: string } | null
  readonly token: { readonly value: string; readonly expiresAt: number } | null
  readonly rejected: number
  readonly dead: readonly { readonly fingerprint: string }[]
}

export interface LedgerView {
  readonly failures: readonly number[]
  readonly block: {
    readonly since: number
    readonly until: number
    readonly claim: { readonly id: string; readonly until: number } | null
  } | null
}

export const grantKeyOf = (account: string): string => `grant/${account}`
export const LEDGER_KEY = `issuer/${ISSUER}`

export const asRecord = (stored: Json | null): RecordView | null => stored as unknown as RecordView | null

export const recordOf = (store: SharedStore, account: string): RecordView | null =>
  asRecord(store.peek(grantKeyOf(account)))

export const ledgerOf = (store: SharedStore): LedgerView | null =>
  store.peek(LEDGER_KEY) as unknown as LedgerView | null
