import { EvergrantError } from './errors.ts'
import type { Json, Lease, Revision, TokenStore, WriteOptions } from './store.ts'

/** All that belongs to one key; what few keys have is made when it is needed. */
interface Cell {
  /** The value as text: what is read cannot be changed under the store, and to make text and read it is the quickest copy. */
  entry: { readonly text: string; readonly revision: Revision } | null
  holder: Lease | null
  queue: (() => void)[] | null
  watchers: Set<() => void> | null
}

/**
 * A store in this process's memory: sessions that share it share their tokens, their login budget and the one spender,
 * and all of it ends with the process. The default of `createSession`. A plain object, so that a test can replace one
 * of its methods: `{ ...memoryStore(), read }`.
 */
export function memoryStore(): TokenStore {
  const cells = new Map<string, Cell>()
  let revisions = 0

  function cellOf(key: string): Cell {
    let cell = cells.get(key)
    if (cell === undefined) cells.set(key, (cell = { entry: null, holder: null, queue: null, watchers: null }))
    return cell
  }

  function checked(key: string, { expect, lease }: WriteOptions): Cell {
    if (lease !== undefined && cells.get(lease.key)?.holder !== lease) throw leaseLost(lease.key)
    const cell = cellOf(key)
    if (expect !== undefined && (cell.entry?.revision ?? null) !== expect) throw conflict(key)
    return cell
  }

  return {
    sharing: 'process',
    async read(key) {
      const entry = cells.get(key)?.entry ?? null
      return entry && { value: JSON.parse(entry.text) as Json, revision: entry.revision }
    },
    async write(key, value, options = {}) {
      const cell = checked(key, options)
      const revision = String((revisions += 1))
      cell.entry = { text: JSON.stringify(value), revision }
      announce(cell)
      return revision
    },
    async delete(key, options = {}) {
      const cell = checked(key, options)
      if (cell.entry === null) return
      cell.entry = null
      announce(cell)
    },
    lease: (key, { signal }) => takeLease(cellOf(key), key, signal),
    async keys(prefix) {
      return [...cells].filter(([key, { entry }]) => entry !== null && key.startsWith(prefix)).map(([key]) => key)
    },
    watch(key, changed) {
      const watchers = (cellOf(key).watchers ??= new Set())
      let listening = true
      const listener = () => {
        if (listening) changed()
      }
      watchers.add(listener)
      return {
        [Symbol.dispose]() {
          listening = false
          watchers.delete(listener)
        },
      }
    },
  }
}

function hold(cell: Cell, key: string): Lease {
  const lease: Lease = {
    key,
    // Held in one process, it cannot be lost to another. Not one for all: Workers make none while a module loads.
    signal: new AbortController().signal,
    release() {
      if (cell.holder === lease) {
        cell.holder = null
        cell.queue?.shift()?.()
      }
      return Promise.resolve()
    },
  }
  cell.holder = lease
  return lease
}

function takeLease(cell: Cell, key: string, signal: AbortSignal): Promise<Lease> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    if (cell.holder === null) return resolve(hold(cell, key))
    const queue = (cell.queue ??= [])
    const take = () => {
      signal.removeEventListener('abort', leave)
      resolve(hold(cell, key))
    }
    const leave = () => {
      const place = queue.indexOf(take)
      if (place >= 0) queue.splice(place, 1)
      reject(signal.reason as Error)
    }
    queue.push(take)
    signal.addEventListener('abort', leave, { once: true })
  })
}

function announce({ watchers }: Cell): void {
  for (const changed of watchers ?? []) queueMicrotask(changed)
}

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
