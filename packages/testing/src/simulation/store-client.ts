import { EvergrantError, type Lease, type Sharing, type TokenStore } from '@evergrant/core'
import type { GrantedLease } from './lease-table.ts'
import { callStore, type NetworkPorts } from './network.ts'
import { chance } from './random.ts'
import { leaseLost, type SharedStore } from './shared-store.ts'
import type { VirtualProcess } from './virtual-host.ts'

/** Ms until a process hears of a change. */
const NEWS_TAKES = 60
/** How often in its time a lease is renewed. */
const RENEWALS = 3

export interface StoreClientPorts extends NetworkPorts {
  readonly store: SharedStore
  readonly seed: number
  /** Told of each lease as its holder gets it. */
  readonly onLease: (lease: GrantedLease) => void
}

/** The shared store as one process sees it: over a network that delays, loses and fails. */
export function createStoreClient(ports: StoreClientPorts, process: VirtualProcess, sharing: Sharing): TokenStore {
  const { store, world } = ports
  const draw = chance(ports.seed, `store of ${process.name}`)
  const granted = new WeakMap<Lease, GrantedLease>()

  const call = <T>(arrives: () => T) =>
    new Promise<T>((answered, failed) => callStore(ports, process, draw, unavailable, { arrives, answered, failed }))

  function leaseOf(lease: Lease | undefined): GrantedLease | null {
    if (lease === undefined) return null
    const known = granted.get(lease)
    if (known === undefined) throw leaseLost(lease.key)
    return known
  }

  return {
    sharing,
    read: (key) => call(() => store.read(key)),
    async write(key, value, options = {}) {
      const lease = leaseOf(options.lease)
      return call(() => store.write(key, value, options, lease))
    },
    async delete(key, options = {}) {
      const lease = leaseOf(options.lease)
      return call(() => store.delete(key, options, lease))
    },
    lease(key, { ttl, signal }) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        let left = false
        let place: Disposable | undefined
        const leave = (reason: unknown): void => {
          left = true
          place?.[Symbol.dispose]()
          reject(reason)
        }
        const abort = () => leave(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        const arrive = (lease: GrantedLease): void => {
          signal.removeEventListener('abort', abort)
          ports.onLease(lease)
          const handle = holdLease(call, ports, process, lease)
          granted.set(handle, lease)
          resolve(handle)
        }
        callStore(ports, process, draw, unavailable, {
          arrives() {
            if (left || !process.alive) return
            process.onKill(() => place?.[Symbol.dispose]())
            place = store.leases.ask(key, process, ttl, (lease) => {
              // Nobody is there any more to take it.
              if (left) return world.after(0, () => store.leases.release(lease))
              process.after(Math.round(draw.next() * NEWS_TAKES), () => {
                if (left) call(() => store.leases.release(lease)).catch(() => undefined)
                else arrive(lease)
              })
            })
          },
          answered: () => undefined,
          failed: leave,
        })
      })
    },
    time: () => call(() => world.now),
    watch(key, changed) {
      let watching = true
      const tell = () => {
        if (watching) changed()
      }
      const news = store.watch(key, () => process.after(Math.round(draw.next() * NEWS_TAKES), tell))
      process.onKill(() => news[Symbol.dispose]())
      return {
        [Symbol.dispose]() {
          watching = false
          news[Symbol.dispose]()
        },
      }
    },
  }
}

/** The holder's side of a lease: renews it, and notices when it is lost. */
function holdLease(
  call: <T>(arrives: () => T) => Promise<T>,
  { store, world }: StoreClientPorts,
  process: VirtualProcess,
  lease: GrantedLease,
): Lease {
  const loss = new AbortController()
  let renewedAt = world.elapsed
  let held = true
  let next: Disposable | null = null

  function lose(): void {
    held = false
    loss.abort(leaseLost(lease.key))
  }

  function renewLater(): void {
    next = process.after(Math.floor(lease.ttl / RENEWALS), () => void renew())
  }

  async function renew(): Promise<void> {
    const asked = world.elapsed
    const kept = await call(() => store.leases.renew(lease)).catch(() => null)
    if (!held) return
    if (kept === true) renewedAt = asked
    if (kept === false || world.elapsed - renewedAt > lease.ttl) lose()
    else renewLater()
  }

  renewLater()
  return {
    key: lease.key,
    signal: loss.signal,
    async release() {
      if (!held) return
      held = false
      next?.[Symbol.dispose]()
      // What cannot be given back now runs out by itself.
      await call(() => store.leases.release(lease)).catch(() => undefined)
    },
  }
}

function unavailable(): EvergrantError<'store-unavailable'> {
  return new EvergrantError('store-unavailable', {
    message: 'The simulated store did not answer',
    help: 'Nothing to do: it comes back.',
    details: { location: 'the simulated store' },
  })
}
