import { describe, vi } from 'vitest'
import { describeConnections } from './connections.ts'
import { describeNetworkLeases } from './leases.ts'
import { describeMidRequest } from './mid-request.ts'
import type { CreateNetworkPlace } from './place.ts'
import { describeSiblings } from './siblings.ts'

/** What the contract of a store cannot ask: hosts, cables, and a server that is really restarted. */
export function describeNetworkStore(name: string, createPlace: CreateNetworkPlace): void {
  // For slow machines: what waits here waits for events, or for a lease of less than a second.
  vi.setConfig({ testTimeout: 60_000 })
  describe(`a store that hosts share: ${name}`, () => {
    describeNetworkLeases(createPlace)
    describeConnections(createPlace)
    describeMidRequest(createPlace)
    describeSiblings(createPlace)
  })
}
