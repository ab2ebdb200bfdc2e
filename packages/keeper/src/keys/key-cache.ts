import { timingSafeEqual } from 'node:crypto'
import type { Clock, TokenStore } from '@evergrant/core'
import { withStoreDeadline } from '../store-deadline.ts'
import { keyDigest, keyId } from './api-key.ts'
import { keyEntry, parseKeyRecord, type KeyRecord } from './key-record.ts'
import { principalOf, type Principal } from './principal.ts'

/** Why a text is no good key. */
type KeyRefusal = 'key-unknown' | 'key-revoked' | 'key-expired'

/** Tells who asks, by the key that was sent. */
export interface KeyCache {
  /** What is known without asking the store; `undefined` if it has to be asked. */
  known(text: string): Principal | KeyRefusal | undefined
  /** Asks the store unless somebody did within the last seconds. Rejects with what the store says. */
  find(text: string): Promise<Principal | KeyRefusal>
  /** Calls `ended` once, as soon as it is known that the key is no longer good. */
  onEnd(id: string, ended: () => void): Disposable
  /** Looks again whether a key is good, if that was long ago; whoever waits for its end is told. */
  confirm(id: string): void
  /** What was known of a key is out of date. */
  forget(id: string): void
  end(): void
}

interface Known {
  readonly record: KeyRecord | null
  readonly principal: Principal | null
  readonly digest: Buffer
  readonly watch: Disposable | null
  /** When the store was asked, on the clock's monotonic line. */
  readAt: number
  stale: boolean
}

/** Ms for which a key that was looked up is not looked up again: as long as one that was revoked elsewhere still works. */
const FRESH = 5_000
/** Ms for which a known key holds while the store does not answer: time for a database to be replaced by its standby. */
const GRACE = 60_000
/** Ms to wait for the store before that. */
const PATIENCE = 2_000
/** Keys that are remembered; the one that was looked up first goes first. */
const MOST_KEYS = 10_000
/** What an unknown key is compared with, so that it takes as long as a known one. */
const NOBODY = Buffer.alloc(32)

export function createKeyCache(store: TokenStore, clock: Clock): KeyCache {
  const keys = new Map<string, Known>()
  /**
   * Keys that were compared and found right, by their text: each request would else pay for a hash. How long it takes to look
   * one up depends on a hash with a seed of this process, which tells nobody anything.
   */
  const proved = new Map<string, { readonly known: Known; readonly principal: Principal }>()
  const asked = new Map<string, Promise<Known>>()
  const endings = new Map<string, Set<() => void>>()
  /** Grows with each change: what was read while it grew may be what was there before. */
  let changes = 0

  function judge(text: string, known: Known): Principal | KeyRefusal {
    const { record, principal, digest } = known
    // In constant time, and of hashes.
    if (!timingSafeEqual(digest, keyDigest(text)) || record === null || principal === null) return 'key-unknown'
    if (record.revokedAt !== null) return 'key-revoked'
    if (inTime(principal) === 'key-expired') return 'key-expired'
    if (proved.size >= MOST_KEYS) proved.clear()
    proved.set(text, { known, principal })
    return principal
  }

  function inTime(principal: Principal): Principal | 'key-expired' {
    return principal.expiresAt > clock.now() ? principal : 'key-expired'
  }

  function fresh(known: Known | undefined, ms: number): boolean {
    return known !== undefined && !(known.stale && ms === FRESH) && clock.monotonic() - known.readAt < ms
  }

  function drop(id: string): void {
    const known = keys.get(id)
    if (known === undefined) return
    known.watch?.[Symbol.dispose]()
    known.stale = true
    keys.delete(id)
  }

  function tellEnd(id: string): void {
    const told = endings.get(id)
    endings.delete(id)
    for (const ended of told ?? []) ended()
  }

  function forget(id: string): void {
    changes += 1
    const known = keys.get(id)
    if (known === undefined) return
    known.stale = true
    // Whoever follows something with this key is to be told if it is not good any more.
    if (endings.has(id)) refresh(id).catch(() => undefined)
  }

  async function read(id: string): Promise<Known> {
    const key = keyEntry(id)
    const readAt = clock.monotonic()
    const unchanged = changes
    const before = keys.get(id)
    const watch = before?.watch ?? store.watch?.(key, () => forget(id)) ?? null
    try {
      const entry = await store.read(key)
      const record = entry === null ? null : parseKeyRecord(key, entry.value)
      const principal = record === null ? null : principalOf(record)
      const digest = record === null ? NOBODY : Buffer.from(record.digest, 'hex')
      // One that does not exist is remembered too, and not watched: whoever tries many costs the store nothing more.
      if (record === null) watch?.[Symbol.dispose]()
      const stale = changes !== unchanged
      const known: Known = { record, principal, digest, readAt, stale, watch: record === null ? null : watch }
      if (before !== undefined) before.stale = true
      keys.delete(id)
      keys.set(id, known)
      const [oldest] = keys.keys()
      if (keys.size > MOST_KEYS && oldest !== undefined) drop(oldest)
      if (record === null || record.revokedAt !== null) tellEnd(id)
      return known
    } catch (error) {
      if (before === undefined) watch?.[Symbol.dispose]()
      throw error
    }
  }

  /** One question for all who ask at once. */
  function refresh(id: string): Promise<Known> {
    const present = asked.get(id)
    if (present !== undefined) return present
    const answer = withStoreDeadline(clock, PATIENCE, () => read(id)).finally(() => asked.delete(id))
    asked.set(id, answer)
    return answer
  }

  async function find(text: string): Promise<Principal | KeyRefusal> {
    const id = keyId(text)
    if (id === null) return 'key-unknown'
    const before = keys.get(id)
    if (before !== undefined && fresh(before, FRESH)) return judge(text, before)
    try {
      return judge(text, await refresh(id))
    } catch (error) {
      // A key that was good a moment ago gives access while the store is away (P6), for as long as `GRACE`.
      if (before !== undefined && before.record !== null && fresh(before, GRACE)) return judge(text, before)
      throw error
    }
  }

  return {
    known(text) {
      const right = proved.get(text)
      if (right !== undefined && fresh(right.known, FRESH)) return inTime(right.principal)
      const id = keyId(text)
      if (id === null) return 'key-unknown'
      const known = keys.get(id)
      return known !== undefined && fresh(known, FRESH) ? judge(text, known) : undefined
    },
    find,
    onEnd(id, ended) {
      const told = endings.get(id) ?? new Set()
      endings.set(id, told.add(ended))
      return {
        [Symbol.dispose]() {
          if (told.delete(ended) && told.size === 0 && endings.get(id) === told) endings.delete(id)
        },
      }
    },
    confirm(id) {
      if (!fresh(keys.get(id), FRESH)) refresh(id).catch(() => undefined)
    },
    forget,
    end() {
      for (const id of keys.keys()) drop(id)
      proved.clear()
      endings.clear()
    },
  }
}
