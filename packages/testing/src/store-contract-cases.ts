import { rejects } from 'node:assert/strict'
import { isEvergrantError, type ErrorCode, type TokenStore } from '@evergrant/core'

/** Where a store under test keeps its entries: empty at first, and used by one case only. */
export interface StorePlace {
  /** Gives a store on this place. */
  open(): TokenStore
  /** Called after the case, however it ended. */
  dispose?(): void | Promise<void>
}

/** Two ways to the same entries: the same store twice, or two stores on one place. */
export type Pair = readonly [TokenStore, TokenStore]

/** How the parts of the contract register their cases. */
export interface ContractCases {
  /** A case for one store. */
  readonly one: (title: string, body: (store: TokenStore) => Promise<void>) => void
  /** A case for whoever shares a store; run again with two instances where the place can be opened twice. */
  readonly shared: (title: string, body: (pair: Pair) => Promise<void>) => void
}

export function contractCases(
  it: (name: string, body: () => Promise<void>) => unknown,
  createPlace: () => StorePlace | Promise<StorePlace>,
  opensTwice: boolean,
): ContractCases {
  function register(title: string, body: (place: StorePlace) => Promise<void>): void {
    it(title, async () => {
      const place = await createPlace()
      try {
        await body(place)
      } finally {
        await place.dispose?.()
      }
    })
  }

  return {
    one: (title, body) => register(title, (place) => body(place.open())),
    shared(title, body) {
      register(title, (place) => {
        const store = place.open()
        return body([store, store])
      })
      if (opensTwice) register(`${title} (two instances)`, (place) => body([place.open(), place.open()]))
    },
  }
}

export async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await rejects(promise, (error) => isEvergrantError(error, code))
}
