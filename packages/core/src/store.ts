/** Anything that survives `JSON.parse(JSON.stringify(value))`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Names one state of one entry. Opaque: only equality means something. */
export type Revision = string

export interface StoredEntry {
  readonly value: Json
  readonly revision: Revision
}

export interface WriteOptions {
  /**
   * Compare-and-set: the revision that the entry must still have, or `null` if it must not exist yet. Left out, the
   * write wins over whatever is there.
   */
  readonly expect?: Revision | null
  /** Fencing: the write is refused with `lease-lost` once this lease is no longer held. */
  readonly lease?: Lease
}

export interface LeaseOptions {
  /** Ms after which a lease that is not renewed falls to the next who asks. The store renews it while it is held. */
  readonly ttl: number
  /** Ends the wait for the lease. */
  readonly signal: AbortSignal
}

/** The right to spend one credential. At most one is held for a key over everybody who shares the store. */
export interface Lease {
  readonly key: string
  /** Aborts when the lease is lost before it is released. */
  readonly signal: AbortSignal
  /** Gives the lease back. Never rejects; a second call does nothing. */
  release(): Promise<void>
}

/**
 * How far a store reaches: callers in one process, the processes of one host, or several hosts. Only a store with
 * compare-and-set and leases that hold over processes may say `host` or `network`.
 */
export type Sharing = 'process' | 'host' | 'network'

/**
 * Where records live: JSON by key, and nothing about tokens. A store is safe for concurrent use, and a write that
 * resolved is durable as far as the store can make it.
 *
 * Errors: `store-conflict` (compare-and-set failed; the caller reads again), `store-corrupt`, `store-insecure`,
 * `store-unavailable`, `lease-lost`. A store never damages what it could not read.
 */
export interface TokenStore {
  readonly sharing: Sharing
  /** `null` if there is no such entry. */
  read(key: string): Promise<StoredEntry | null>
  /** Writes durably, then gives the new revision. */
  write(key: string, value: Json, options?: WriteOptions): Promise<Revision>
  delete(key: string, options?: WriteOptions): Promise<void>
  /** Waits for the lease of a key; rejects with the reason of `signal` if that aborts first. */
  lease(key: string, options: LeaseOptions): Promise<Lease>
  /**
   * Optional: calls `changed` after each change of the entry by anybody, also by this process, never synchronously.
   * May call it once too often, never too seldom. Does not keep the process alive.
   */
  watch?(key: string, changed: () => void): Disposable
  /**
   * Optional, for stores that reach over hosts: the store's own time, epoch ms. Hosts whose clocks disagree date what
   * they share by it until the server has told each of them the time; without it their clocks must agree.
   */
  time?(): Promise<number>
  /** Optional: the keys that begin with `prefix`, in no particular order. */
  keys?(prefix: string): Promise<readonly string[]>
}
