import { EvergrantError } from './errors.ts'
import type { Lease, StoredEntry, TokenStore } from './store.ts'

/**
 * A store as it would be: changes of one entry are kept aside until they are committed; all else is the real store. For trying
 * credentials before they take the place of others.
 */
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
  let staged: StoredEntry | null | undefined
  let writes = 0

  /** The entry as the real store had it when it was looked at first. */
  function original(): Promise<StoredEntry | null> {
    return (found ??= inner.read(key))
  }

  async function read(): Promise<StoredEntry | null> {
    return staged === undefined ? original() : staged
  }

  async function check(expect: string | null | undefined): Promise<void> {
    if (expect !== undefined && expect !== ((await read())?.revision ?? null)) throw conflict(key)
  }

  const time = inner.time?.bind(inner)
  const store: TokenStore = {
    sharing: inner.sharing,
    read: (asked) => (asked === key ? read() : inner.read(asked)),
    async write(asked, value, options = {}) {
      if (asked !== key) return inner.write(asked, value, options)
      await check(options.expect)
      writes += 1
      const revision = `staged-${writes}`
      staged = { value, revision }
      return revision
    },
    async delete(asked, options = {}) {
      if (asked !== key) return inner.delete(asked, options)
      await check(options.expect)
      staged = null
    },
    async lease(asked, options) {
      if (asked !== key) return inner.lease(asked, options)
      return { key, signal: lease.signal, release: () => Promise.resolve() }
    },
    ...(time === undefined ? {} : { time }),
  }

  return {
    store,
    async commit() {
      const expect = (await original())?.revision ?? null
      if (staged === undefined) return
      if (staged === null) await inner.delete(key, { expect, lease })
      else await inner.write(key, staged.value, { expect, lease })
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
