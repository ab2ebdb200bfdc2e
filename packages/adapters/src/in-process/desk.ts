import { memoryStore, type Lease, type TokenStore } from '@evergrant/core'
import { createListeners, type Listeners } from './listeners.ts'
import { createTurns, type Turns } from './turns.ts'

/** Where all who share one place within this process meet: whose turn it is, who holds which lease, who listens. */
export interface Desk {
  readonly turns: Turns
  readonly listeners: Listeners
  readonly lease: TokenStore['lease']
  /** Rejects with `lease-lost` unless the lease is held. */
  readonly confirm: (lease: Lease) => Promise<void>
}

export function createDesk(): Desk {
  // For its leases; no entry is ever kept in it.
  const memory = memoryStore()
  return {
    turns: createTurns(),
    listeners: createListeners(),
    lease: (key, options) => memory.lease(key, options),
    // A delete of nothing, for the sake of the fence before it.
    confirm: (lease) => memory.delete(lease.key, { lease }),
  }
}
