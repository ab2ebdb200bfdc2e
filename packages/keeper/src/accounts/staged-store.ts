import { EvergrantError, type Lease, type StoredEntry, type TokenStore } from '@evergrant/core'

/** A store as it would be: changes of one entry are kept aside until they are committed; all else is the real store. */
export interface StagedStore {
  readonly store: TokenStore
  /**
   * Puts what was kept aside in place, in one write. Rejects with `store-conflict` if somebody has changed the entry
   * since it was read here, and with `lease-lost`.
   */
  commit(): Promise<void>
}

/** `lease` is the real one of the entry, held by the caller; whoever asks the staged store for it is given that. */
export function stagedStore(inner: TokenStore, lease: Lease): StagedStore {
  const { key } = lease
  let found: Promise<StoredEntry | null> | undefined
  let staged: StoredEntry | undefined
  let writes = 0

  /** The entry as the real store had it when it was looked at first. */
  function original(): Promise<StoredEntry | null> {
    return (found ??= inner.read(key))
  }

  async function read(): Promise<StoredEntry | null> {
    return staged ?? original()
  }

  const time = inner.time?.bind(inner)
  const store: TokenStore = {
    sharing: inner.sharing,
    read: (asked) => (asked === key ? read() : inner.read(asked)),
    async write(asked, value, options = {}) {
      if (asked !== key) return inner.write(asked, value, options)
      const { expect } = options
      if (expect !== undefined && expect !== ((await read())?.revision ?? null)) throw conflict(key)
      writes += 1
      const revision = `staged-${writes}`
      staged = { value, revision }
      return revision
    },
    // No session deletes its record.
    delete: (asked, options) => inner.delete(asked, options),
    async lease(asked, options) {
      if (asked !== key) return inner.lease(asked, options)
      return { key, signal: lease.signal, release: () => Promise.resolve() }
    },
    ...(time === undefined ? {} : { time }),
  }

  return {
    store,
    async commit() {
      if (staged === undefined) return
      await inner.write(key, staged.value, { expect: (await original())?.revision ?? null, lease })
    },
  }
}

function conflict(key: string): EvergrantError<'store-conflict'> {
  return new EvergrantError('store-conflict', {
    message: `The entry ${key} was changed by somebody else`,
    help: 'Try again.',
    details: { key },
  })
}
