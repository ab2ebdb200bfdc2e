import { EvergrantError } from './errors.ts'
import type { Json, Lease, StoredEntry, TokenStore, WriteOptions } from './store.ts'

/**
 * A store in this process's memory: sessions that share it share their tokens, their login budget and the one spender,
 * and all of it ends with the process. The default of `createSession`.
 */
export function memoryStore(): TokenStore {
  const entries = new Map<string, StoredEntry>()
  const holders = new Map<string, Lease>()
  const queues = new Map<string, (() => void)[]>()
  const watchers = new Map<string, Set<() => void>>()
  let revisions = 0

  function check(key: string, { expect, lease }: WriteOptions): void {
    if (lease !== undefined && holders.get(lease.key) !== lease) throw leaseLost(lease.key)
    if (expect === undefined) return
    if ((entries.get(key)?.revision ?? null) !== expect) throw conflict(key)
  }

  function announce(key: string): void {
    for (const changed of watchers.get(key) ?? []) queueMicrotask(changed)
  }

  function grant(key: string): Lease {
    const lease: Lease = {
      key,
      // Held in one process, a lease cannot be lost to another.
      signal: new AbortController().signal,
      release() {
        if (holders.get(key) === lease) {
          holders.delete(key)
          queues.get(key)?.shift()?.()
        }
        return Promise.resolve()
      },
    }
    holders.set(key, lease)
    return lease
  }

  return {
    sharing: 'process',
    async read(key) {
      const entry = entries.get(key)
      return entry === undefined ? null : { value: copy(entry.value), revision: entry.revision }
    },
    async write(key, value, options = {}) {
      check(key, options)
      const revision = String((revisions += 1))
      entries.set(key, { value: copy(value), revision })
      announce(key)
      return revision
    },
    async delete(key, options = {}) {
      check(key, options)
      if (entries.delete(key)) announce(key)
    },
    lease(key, { signal }) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        if (!holders.has(key)) return resolve(grant(key))
        const queue = queues.get(key) ?? []
        queues.set(key, queue)
        const take = () => {
          signal.removeEventListener('abort', leave)
          if (queue.length === 0) queues.delete(key)
          resolve(grant(key))
        }
        const leave = () => {
          const place = queue.indexOf(take)
          if (place >= 0) queue.splice(place, 1)
          reject(signal.reason as Error)
        }
        queue.push(take)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    watch(key, changed) {
      let listening = true
      const listener = () => {
        if (listening) changed()
      }
      const listeners = watchers.get(key) ?? new Set()
      watchers.set(key, listeners.add(listener))
      return {
        [Symbol.dispose]() {
          listening = false
          listeners.delete(listener)
          if (listeners.size === 0 && watchers.get(key) === listeners) watchers.delete(key)
        },
      }
    },
  }
}

const copy = (value: Json): Json => structuredClone<Json>(value)

function conflict(key: string): EvergrantError<'store-conflict'> {
  return new EvergrantError('store-conflict', {
    message: `Somebody else changed ${key} first`,
    help: 'Read it again and decide anew.',
    details: { key },
  })
}

function leaseLost(key: string): EvergrantError<'lease-lost'> {
  return new EvergrantError('lease-lost', {
    message: `The lease of ${key} is no longer held`,
    help: 'Take the lease again before writing.',
    details: { key },
  })
}
