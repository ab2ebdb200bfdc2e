import { randomUUID } from 'node:crypto'
import { invalidOptions, type Clock, type Lease, type LeaseOptions } from '@evergrant/core'
import { disposed } from './failures.ts'
import { holdLease } from './held-lease.ts'
import { createQueue } from './queue.ts'
import { unlessAborted, waitFor } from './waiting.ts'

/** A lease as it was taken, or how long its holder may keep it without a sign of life. */
export type Taking = { readonly token: string } | { readonly left: number }

/** What leases need of the server. */
export interface LeasePorts {
  readonly take: (key: string, nonce: string, ttl: number) => Promise<Taking>
  readonly renew: (key: string, token: string, ttl: number) => Promise<boolean>
  readonly release: (key: string, token: string) => Promise<void>
  /** Calls when the lease of a key was released, or may have been. */
  readonly listen: (key: string, released: () => void) => Disposable
  readonly clock: Clock
  readonly location: string
}

export interface Leases {
  readonly acquire: (key: string, options: LeaseOptions) => Promise<Lease>
  /** Gives back all that is held, and ends all waits. */
  readonly close: () => Promise<void>
}

/** Ms between two tries at most, for a release that was not heard of. */
const POLL = 1_000
/** Ms between two tries at least. */
const SHORTEST_WAIT = 10

/** What a lease is known by at the server; for all stores, since several may be open on one place. */
const tokens = new WeakMap<Lease, string>()

/** `undefined` once the lease is lost or given back. */
export function tokenOf(lease: Lease): string | undefined {
  return tokens.get(lease)
}

export function createLeases({ take, renew, release, listen, clock, location }: LeasePorts): Leases {
  const held = new Set<Lease>()
  const underWay = new Set<Promise<Lease | number>>()
  const queue = createQueue()
  const closing = new AbortController()

  function hold(key: string, ttl: number, since: number, token: string): Lease {
    const lease = holdLease({
      key,
      ttl,
      clock,
      since,
      renew: () => renew(key, token, ttl),
      giveBack: () => release(key, token),
      onEnd() {
        tokens.delete(lease)
        held.delete(lease)
      },
    })
    tokens.set(lease, token)
    held.add(lease)
    return lease
  }

  /** Gives the lease, or the ms left to its holder. */
  async function attempt(key: string, ttl: number): Promise<Lease | number> {
    const since = clock.monotonic()
    const taken = await take(key, randomUUID(), ttl)
    return 'token' in taken ? hold(key, ttl, since, taken.token) : taken.left
  }

  async function tryOnce(key: string, ttl: number, signal: AbortSignal): Promise<Lease | number> {
    const attempting = attempt(key, ttl)
    underWay.add(attempting)
    try {
      return await unlessAborted(attempting, signal)
    } catch (error) {
      void giveBackLate(attempting)
      throw error
    } finally {
      void attempting.catch(() => undefined).finally(() => underWay.delete(attempting))
    }
  }

  /** The answer may come when nobody wants it any more. */
  async function giveBackLate(attempting: Promise<Lease | number>): Promise<void> {
    try {
      const late = await attempting
      if (typeof late !== 'number') await late.release()
    } catch {
      // Nothing was taken, as far as one can know: else it falls to the next who asks, after its ttl.
    }
  }

  async function contend(key: string, ttl: number, signal: AbortSignal): Promise<Lease> {
    const first = await tryOnce(key, ttl, signal)
    if (typeof first !== 'number') return first
    let ring: () => void = () => undefined
    const listening = listen(key, () => ring())
    try {
      for (;;) {
        // Before the next try, so that no release falls in between.
        const rung = new Promise<void>((resolve) => {
          ring = resolve
        })
        const next = await tryOnce(key, ttl, signal)
        if (typeof next !== 'number') return next
        await waitFor(rung, { clock, ms: Math.min(POLL, Math.max(SHORTEST_WAIT, next)), signal })
      }
    } finally {
      listening[Symbol.dispose]()
    }
  }

  return {
    async acquire(key, { ttl, signal }) {
      if (!(ttl >= 1 && ttl < Infinity)) throw invalidOptions('ttl', `${ttl} is no duration`, 'Pass milliseconds.')
      signal.throwIfAborted()
      const either = AbortSignal.any([signal, closing.signal])
      return queue.run(key, either, () => contend(key, Math.ceil(ttl), either))
    },
    async close() {
      closing.abort(disposed(location))
      await Promise.allSettled(underWay)
      await Promise.all([...held].map((lease) => lease.release()))
    },
  }
}
