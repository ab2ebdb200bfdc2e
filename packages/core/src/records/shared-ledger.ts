import type { TokenStore } from '../store.ts'
import type { Ledger } from './record.ts'
import { updateStored, type RecordKind } from './stored.ts'

type Change = (ledger: Ledger) => Ledger

interface Update {
  readonly change: Change
  readonly resolve: (ledger: Ledger) => void
  readonly reject: (error: unknown) => void
}

/** By store and key, what waits for the update that is under way; no list where none is. */
const waiting = new WeakMap<TokenStore, Map<string, Update[]>>()

/**
 * As `updateStored`, for the one entry that all sessions of an issuer change with each login: those who come while one is at
 * it go together afterwards, in one write. Each for itself they would beat each other at compare-and-set, once for each of
 * the others. Gives what all of them together have made of it.
 */
export async function updateSharedLedger(store: TokenStore, kind: RecordKind<Ledger>, change: Change): Promise<Ledger> {
  let entries = waiting.get(store)
  if (entries === undefined) waiting.set(store, (entries = new Map()))
  const queue = entries.get(kind.key)
  if (queue !== undefined) return new Promise((resolve, reject) => queue.push({ change, resolve, reject }))
  const others: Update[] = []
  const present = entries.set(kind.key, others)
  try {
    return (await updateStored(store, kind, change)).value
  } finally {
    void updateOthers(store, kind, others, () => present.delete(kind.key))
  }
}

/** Calls `last` in the same turn in which it finds nobody waiting, so that nobody waits for nothing. */
async function updateOthers(
  store: TokenStore,
  kind: RecordKind<Ledger>,
  others: Update[],
  last: () => void,
): Promise<void> {
  while (others.length > 0) {
    const together = others.splice(0)
    try {
      const { value } = await updateStored(store, kind, (ledger) =>
        together.reduce((changed, { change }) => change(changed), ledger),
      )
      for (const { resolve } of together) resolve(value)
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }
  last()
}
