import { defaultPolicy } from '../../src/policy.ts'
import { admit, settle, type Admission, type LoginResult } from '../../src/records/ledger.ts'
import { emptyLedger, type Ledger } from '../../src/records/record.ts'

const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const NOW = Date.UTC(2026, 2, 2, 14, 30)

export const policy = defaultPolicy

/** After this long a request that has not ended belongs to nobody. */
export const FORGOTTEN = policy.requestTimeout + 5 * SECOND

/** Asks to book a request. */
export function ask(ledger: Ledger, id: string, now: number, halfOpen = false): Admission {
  return admit(policy, ledger, { id, now, halfOpen })
}

/** Books a request that must be admitted. */
export function book(ledger: Ledger, id: string, now: number, halfOpen = false): Ledger {
  const admission = ask(ledger, id, now, halfOpen)
  if (admission.type !== 'admitted') throw new Error(`not admitted: ${admission.type}`)
  return admission.ledger
}

/** One request from booking to end, at one moment. */
export function attempt(ledger: Ledger, id: string, now: number, result: LoginResult): Ledger {
  return settle(policy, book(ledger, id, now), id, now, result)
}

/** So many requests in a row with this end, each by another account. */
export function attempts(count: number, result: LoginResult, now = NOW, ledger = emptyLedger()): Ledger {
  let after = ledger
  for (let index = 0; index < count; index += 1) after = attempt(after, `account-${index}`, now, result)
  return after
}

/** An address block that began at `NOW`. */
export const blocked = (): Ledger => attempts(policy.silencesAlone, 'unanswered')
