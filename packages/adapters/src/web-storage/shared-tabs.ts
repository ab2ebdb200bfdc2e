import type { Clock, Lease, Revision, TokenStore } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'
import { jsonText } from '../store/json-text.ts'
import { conflict, leaseLost } from '../store/refusals.ts'
import { createChangeChannel } from '../tabs/change-channel.ts'
import { refused } from '../tabs/failures.ts'
import { createLeases, groundOf } from '../tabs/leases.ts'
import { createLocks, type HeldLock } from '../tabs/locks.ts'
import { nonce } from '../tabs/nonce.ts'
import type { Area } from './area.ts'
import { createBeacons } from './beacons.ts'
import { formatItem } from './item.ts'
import { followStorage } from './storage-events.ts'

export interface SharedTabsOptions {
  readonly area: Area
  readonly manager: LockManager
  /** Names what belongs to this store in the lock manager. */
  readonly scope: string
  readonly clock: Clock
}

/** Ms of silence after which a tab in the middle of a write is taken for frozen. A write takes milliseconds. */
const WRITE_TTL = 5_000
/** Ms after which a tab trusts its own write lock no more: less than anybody waits before taking it away. */
const WRITE_TRUST = WRITE_TTL / 2

/** A store for all tabs of an origin: every write is one step under a Web Lock. */
export function sharedTabsStore({ area, manager, scope, clock }: SharedTabsOptions): TokenStore {
  const beacons = createBeacons({ locks: manager, scope, area, clock })
  const changes = createChangeChannel(scope, (heard) => followStorage(area, heard))
  const locks = createLocks(manager, scope, clock)
  const leases = createLeases({
    scope,
    locks,
    // Whoever had the lease before may be in the middle of a write: after this, it is not.
    claim: () =>
      alone(async () => {
        area.storage()
        return 0
      }),
  })

  async function alone<T>(work: (lock: HeldLock) => Promise<T>): Promise<T> {
    const lock = await locks.acquire(`${scope}/write`, { ttl: WRITE_TTL, lostReason: lostWrite })
    try {
      return await work(lock)
    } finally {
      await lock.release()
    }
  }

  /** `text` null deletes. Gives null if there was nothing to do. */
  async function change(
    key: string,
    text: string | null,
    expect: Revision | null | undefined,
    lease: Lease | undefined,
  ): Promise<Revision | null> {
    const revision = nonce()
    const changed = await alone(async (lock) => {
      const count = (await beacons.catchUp(key)) + 1
      // Nobody has the lease instead: a thief of it would wait for this write to end.
      if (lease !== undefined && !(await locks.isHeld(groundOf(lease).lock))) throw leaseLost(lease.key)
      // From here to the write nothing is awaited.
      if (lock.lost.aborted || clock.monotonic() - lock.since > WRITE_TRUST) throw lostWrite()
      if (lease !== undefined) groundOf(lease)
      const present = area.get(key)
      const found = present?.value === undefined ? null : present.revision
      if (expect !== undefined && expect !== found) throw conflict(key)
      if (text === null && found === null) return false
      area.set(key, formatItem({ count, revision }, text))
      await beacons.show(key, count)
      return true
    })
    if (!changed) return null
    changes.tell({ key, revision })
    return revision
  }

  return {
    sharing: 'host',
    async read(key) {
      await beacons.catchUp(key).catch(rethrow)
      const item = area.get(key)
      return item?.value === undefined ? null : { value: item.value, revision: item.revision }
    },
    async write(key, value, { expect, lease } = {}) {
      const text = jsonText(value)
      return (await change(key, text, expect, lease).catch(rethrow)) ?? ''
    },
    async delete(key, { expect, lease } = {}) {
      await change(key, null, expect, lease).catch(rethrow)
    },
    lease: leases.acquire,
    watch: changes.watch,
  }
}

function lostWrite(): Error {
  return unavailable('Web Storage', 'This tab stood still in the middle of a write', 'Nothing was written. Try again.')
}

/** What the lock manager throws becomes an error of ours. */
function rethrow(error: unknown): never {
  throw refused('Web Storage', 'use', error)
}
