import { contractCases, type StorePlace } from './store-contract-cases.ts'
import { describeEntries } from './store-contract-entries.ts'
import { describeKeys } from './store-contract-keys.ts'
import { describeLeases } from './store-contract-leases.ts'
import { describeWatch } from './store-contract-watch.ts'

export type { StorePlace }

export interface StoreContractOptions {
  /** `describe` of the test runner. */
  readonly describe: (name: string, body: () => void) => unknown
  /** `it` or `test` of the test runner. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /**
   * Whether `open` may be called again on the same place, and gives a store that shares its entries with the first.
   * True adds the cases for several instances; a store that says `host` or `network` must pass them. Default false.
   */
  readonly opensTwice?: boolean
  /** False for a store without `watch`. Default true. */
  readonly watches?: boolean
}

/**
 * What every {@link TokenStore} must do, as a suite for the test runner of your choice, which hands in its functions:
 *
 * ```ts
 * import { describe, it } from 'vitest' // or 'node:test'
 * describeStoreContract('my store', () => ({ open: () => myStore(), dispose: () => cleanUp() }), { describe, it })
 * ```
 *
 * `createPlace` is called once per case and gives an empty place. The checks are those of `node:assert`, so no test
 * runner is imported. Nothing sleeps: a case waits for calls and promises only, so a store that never answers ends in
 * the time-out of the runner. The store needs real time, or a virtual clock that somebody else moves.
 */
export function describeStoreContract(
  name: string,
  createPlace: () => StorePlace | Promise<StorePlace>,
  { describe, it, opensTwice = false, watches = true }: StoreContractOptions,
): void {
  describe(`the contract of a store: ${name}`, () => {
    const cases = contractCases(it, createPlace, opensTwice)
    describe('entries', () => describeEntries(cases))
    describe('keys', () => describeKeys(cases))
    describe('leases', () => describeLeases(cases))
    if (watches) describe('watch', () => describeWatch(cases))
  })
}
