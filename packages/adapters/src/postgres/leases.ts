import { randomUUID } from 'node:crypto'
import { invalidOptions, type Clock, type Lease, type LeaseOptions } from '@evergrant/core'
import { createBell } from '../store/bell.ts'
import { holdLease, type HeldLease } from '../store/held-lease.ts'
import { leaseLost } from '../store/refusals.ts'
import type { Listener } from './listener.ts'
import type { Server } from './server.ts'
import type { Change, Grip, Statements } from './statements.ts'

export interface Leases {
  acquire(key: string, options: LeaseOptions): Promise<Lease>
  /** What a write has to show. Throws `lease-lost` for a lease that is known to be lost or released. */
  fence(lease: Lease): NonNullable<Change['fence']>
  /** Gives all back; nobody gets one any more. */
  end(): Promise<void>
}

export interface LeasesOptions {
  readonly server: Server
  readonly statements: Statements
  /** `null` where nothing can be heard. */
  readonly listener: Listener | null
  readonly topicOf: (key: string) => string
  readonly clock: Clock
  /** What a wait ends with when the store is disposed of. */
  readonly closed: AbortSignal
}

/** Ms between two looks at a lease that somebody else has: a release that nobody announced is seen then. */
const POLL = 500

const ignore = (): void => undefined

/** For all stores, since several may be open on the same tables. */
const holds = new WeakMap<Lease, { readonly lease: HeldLease; readonly fence: NonNullable<Change['fence']> }>()

export function createLeases({ server, statements, listener, topicOf, clock, closed }: LeasesOptions): Leases {
  const present = new Set<HeldLease>()
  const attempts = new Set<Promise<Lease | number>>()

  async function giveBack(grip: Grip): Promise<void> {
    await server.ask(statements.giveBack(grip, topicOf(grip.key)))
  }

  function hold(grip: Grip, fence: string, askedAt: number): Lease {
    const lease = holdLease({
      ...grip,
      clock,
      askedAt,
      renew: async () => (await server.ask(statements.renew(grip)))?.['held'] === '1',
      async giveBack() {
        present.delete(lease)
        await giveBack(grip)
      },
    })
    present.add(lease)
    holds.set(lease, { lease, fence: { ...grip, fence } })
    return lease
  }

  /** The lease, or ms after which to ask again. */
  async function attempt(grip: Grip): Promise<Lease | number> {
    const askedAt = clock.monotonic()
    const row = await server.ask(statements.acquire(grip))
    const fence = row?.['fence'] ?? null
    if (fence !== null) return hold(grip, fence, askedAt)
    // Rounded up, so as not to come a moment too early.
    return Math.min(POLL, Math.max(1, Math.ceil(Number(row?.['remaining'] ?? POLL))))
  }

  async function attemptUnlessAborted(grip: Grip, signal: AbortSignal): Promise<Lease | number> {
    const trying = attempt(grip)
    attempts.add(trying)
    const settle = (): void => void attempts.delete(trying)
    trying.then(settle, settle)
    let stop = (): void => undefined
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error)
      signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([aborted, trying])
    } catch (error) {
      // Nobody waits any more for what it may get.
      trying.then((lease) => (typeof lease === 'number' ? undefined : lease.release()), ignore)
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async function queue(grip: Grip, signal: AbortSignal): Promise<Lease> {
    const bell = createBell(clock)
    const listening = listener?.listen(topicOf(grip.key), () => bell.ring())
    try {
      for (;;) {
        const result = await attemptUnlessAborted(grip, signal)
        if (typeof result !== 'number') return result
        await bell.wait(result, signal)
      }
    } finally {
      listening?.[Symbol.dispose]()
    }
  }

  return {
    async acquire(key, { ttl, signal }) {
      if (!(ttl > 0 && ttl < Infinity)) throw invalidOptions('ttl', `${ttl} is no duration`, 'Pass milliseconds.')
      signal.throwIfAborted()
      const grip = { key, holder: randomUUID(), ttl }
      const leaver = new AbortController()
      const leave = (): void => leaver.abort(signal.aborted ? signal.reason : closed.reason)
      for (const one of [signal, closed]) one.addEventListener('abort', leave, { once: true })
      try {
        // Most leases are free, and need no connection that listens.
        const first = await attemptUnlessAborted(grip, leaver.signal)
        return typeof first === 'number' ? await queue(grip, leaver.signal) : first
      } finally {
        for (const one of [signal, closed]) one.removeEventListener('abort', leave)
      }
    },
    fence(lease) {
      const hold = holds.get(lease)
      if (hold === undefined || !hold.lease.held) throw leaseLost(lease.key)
      return hold.fence
    },
    async end() {
      // What was just being asked for may be had by now.
      await Promise.allSettled(attempts)
      await Promise.all([...present].map((lease) => lease.revoke()))
    },
  }
}
