import type { EvergrantError } from '../errors.ts'
import type { ConsultPorts } from './consult.ts'

/**
 * The steps of an exchange, in order. Between any two of them the process may die (P7).
 * `lease` is held · `read` done · `admitted` by the ledger · `journaled` · `answered` · `saved` · `settled` · `released`
 */
export type ExchangeStep = 'lease' | 'read' | 'admitted' | 'journaled' | 'answered' | 'saved' | 'settled' | 'released'

/** What an exchange works with. */
export interface ExchangePorts extends ConsultPorts {
  /** Of the record, as the session knows it: what it has read, written or been told of. */
  knownEpoch(): number
  /** The last generation that a server refused, as known by now and not when the exchange began; 0 if none. */
  latestRejected(): number
  onStep(step: ExchangeStep): void
  /** A token request has ended: how many more failed logins the issuer's budget allows for now. */
  onBudget(left: number): void
  /** A write failed, and is tried again or given up; the token is held meanwhile. */
  onStoreFailure(error: EvergrantError): void
}
