import {
  emptyGrant,
  emptyLedger,
  grantKey,
  ledgerKey,
  parseGrant,
  parseLedger,
  type GrantRecord,
  type Ledger,
} from './record.ts'
import type { RecordKind } from './stored.ts'

/** The record of an account. */
export const grantKind = (account: string): RecordKind<GrantRecord> => ({
  key: grantKey(account),
  parse: parseGrant,
  empty: emptyGrant,
})

/** What the accounts of an issuer share. */
export const ledgerKind = (issuer: string): RecordKind<Ledger> => ({
  key: ledgerKey(issuer),
  parse: parseLedger,
  empty: emptyLedger,
})
