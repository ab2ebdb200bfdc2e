import { invalidOptions, type Clock, type EvergrantError, type TokenStore, type WriteOptions } from '@evergrant/core'
import { bytesToHex } from '@noble/hashes/utils.js'
import { unavailable } from '../store/failures.ts'
import { jsonText } from '../store/json-text.ts'
import { conflict } from '../store/refusals.ts'
import type { Desk } from './desk.ts'
import { valueOf, type Item } from './item.ts'
import type { Work } from './turns.ts'

/** A place that keeps items and can do nothing else: neither compare-and-set nor leases. Calls for one key never overlap. */
export interface Items {
  readonly load: (key: string) => Promise<Item | null>
  /** `previous` is what `load` gave just before. */
  readonly save: (key: string, item: Item, previous: Item | null) => Promise<void>
  readonly remove: (key: string, previous: Item) => Promise<void>
}

export interface ItemStoreOptions {
  readonly items: Items
  readonly desk: Desk
  /** The place, as messages name it. */
  readonly place: string
  /** Ms for one call. */
  readonly maxWait: number
  readonly clock: Clock
}

const REVISION_BYTES = 16

/**
 * Makes a store of a place, with compare-and-set and leases that hold within this process: each read and each change of
 * an entry takes its turn at the desk, and a change reads what is there before it writes over it.
 */
export function itemStore({ items, desk, place, maxWait, clock }: ItemStoreOptions): TokenStore {
  if (!(maxWait > 0 && maxWait < Infinity)) {
    throw invalidOptions('maxWait', `${maxWait} is no duration`, 'Pass milliseconds.')
  }

  function inTurn<T>(key: string, work: Work<T>): Promise<T> {
    return desk.turns.take(key, work, { clock, maxWait, tooLate: () => tooLate(place, maxWait) })
  }

  async function change(
    key: string,
    { expect, lease }: WriteOptions,
    apply: (present: Item | null) => Promise<void>,
  ): Promise<void> {
    await inTurn(key, async (begin) => {
      const present = await items.load(key)
      if (expect !== undefined && expect !== (present?.revision ?? null)) throw conflict(key)
      if (lease !== undefined) await desk.confirm(lease)
      begin()
      try {
        await apply(present)
      } finally {
        // Also after a failure: nobody knows how much of it was done.
        desk.listeners.tell(key)
      }
    })
  }

  return {
    sharing: 'process',
    async read(key) {
      const item = await inTurn(key, () => items.load(key))
      return item === null ? null : { value: valueOf(item), revision: item.revision }
    },
    async write(key, value, options = {}) {
      const item = { revision: newRevision(), text: jsonText(value) }
      await change(key, options, (present) => items.save(key, item, present))
      return item.revision
    },
    async delete(key, options = {}) {
      await change(key, options, async (present) => {
        if (present !== null) await items.remove(key, present)
      })
    },
    lease: desk.lease,
    watch: desk.listeners.add,
  }
}

function newRevision(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(REVISION_BYTES)))
}

function tooLate(place: string, maxWait: number): EvergrantError<'store-unavailable'> {
  const help = 'It may have done what it was asked all the same. Look at what it waits for, or raise maxWait.'
  return unavailable(place, `${place} did not answer within ${maxWait} ms`, help)
}
