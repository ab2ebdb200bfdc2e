import { EvergrantError } from '../errors.ts'
import type { Lease, StoredEntry, TokenStore } from '../store.ts'

/**
 * A store as it would be: changes of the entry whose lease this is are kept aside, all else is the real store. Whoever asks
 * it for that lease is given the one that the caller holds.
 */
export function stagedStore(inner: TokenStore, lease: Lease): TokenStore {
  const { key } = lease
  let staged: StoredEntry | null | undefined
  let writes = 0

  async function read(): Promise<StoredEntry | null> {
    return staged === undefined ? inner.read(key) : staged
  }

  async function check(expect: string | null | undefined): Promise<void> {
    if (expect !== undefined && expect !== ((await read())?.revision ?? null)) throw conflict(key)
  }

  const time = inner.time?.bind(inner)
  return {
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
}

function conflict(key: string): EvergrantError<'store-conflict'> {
  return new EvergrantError('store-conflict', {
    message: `The entry ${key} was changed by somebody else`,
    help: 'Try again.',
    details: { key },
  })
}
