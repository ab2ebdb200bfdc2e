import type { FetchFunction } from '@evergrant/adapters/fetch'
import { defaultPolicy, type Clock, type CredentialSource, type Lease, type TokenStore } from '@evergrant/core'
import { filter, Observable } from 'rxjs'

/** What a program has of the world, until it is killed: from then on nothing that it waits for ever comes. */
export interface MortalProcess {
  readonly clock: Clock
  readonly store: TokenStore
  readonly source: CredentialSource
  readonly fetch: FetchFunction
  /** As `kill -9`: no farewell, connections break, and the lease it held falls to the next when its time is up. */
  kill(): void
}

export interface World {
  readonly clock: Clock
  readonly store: TokenStore
  readonly source: CredentialSource
  readonly fetch: FetchFunction
}

export function createMortalProcess({ clock, store, source, fetch }: World): MortalProcess {
  const death = new AbortController()
  /** The last of each key: there is never more than one. */
  const leases = new Map<string, Lease>()
  const isAlive = (): boolean => !death.signal.aborted

  /** A dead program does nothing, and what it would get is not delivered. */
  function alive<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!isAlive()) return
      work().then(
        (value) => isAlive() && resolve(value),
        (error: unknown) => isAlive() && reject(error as Error),
      )
    })
  }

  const own = (run: () => void) => () => {
    if (isAlive()) run()
  }

  async function takeLease(key: string, options: Parameters<TokenStore['lease']>[1]): Promise<Lease> {
    const lease = await store.lease(key, options)
    if (!isAlive()) await lease.release()
    leases.set(key, lease)
    return lease
  }

  return {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      alarm: (at, run, options) => clock.alarm(at, own(run), options),
      endOfTurn: (run) => clock.endOfTurn?.(run),
    },
    store: {
      sharing: store.sharing,
      read: (key) => alive(() => store.read(key)),
      write: (key, value, options) => alive(() => store.write(key, value, options)),
      delete: (key, options) => alive(() => store.delete(key, options)),
      lease: (key, options) => alive(() => takeLease(key, options)),
      watch: (key, changed) => store.watch?.(key, own(changed)) ?? { [Symbol.dispose]: () => undefined },
    },
    source: {
      name: source.name,
      read: () => alive(() => source.read()),
      watch: () => (source.watch?.() ?? new Observable()).pipe(filter(isAlive)),
    },
    fetch(input, init) {
      const own = init?.signal ?? (input instanceof Request ? input.signal : null)
      const signal = own === null ? death.signal : AbortSignal.any([own, death.signal])
      return alive(() => fetch(input, { ...init, signal }))
    },
    kill() {
      death.abort(new DOMException('The process is dead.', 'AbortError'))
      const until = clock.monotonic() + defaultPolicy.leaseTtl
      for (const lease of leases.values()) clock.alarm(until, () => void lease.release())
    },
  }
}
