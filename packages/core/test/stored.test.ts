import { describe, expect, it } from 'vitest'
import { EvergrantError, isLeaseLost, isStoreConflict } from '../src/errors.ts'
import { memoryStore } from '../src/memory-store.ts'
import { readStored, updateStored, writeStored, type RecordKind } from '../src/records/stored.ts'
import type { Json, TokenStore } from '../src/store.ts'

interface Counter {
  readonly count: number
}

const kind: RecordKind<Counter> = {
  key: 'counter',
  parse: (key, value) => {
    const { count } = value as { count?: unknown }
    if (typeof count !== 'number') throw new Error(`no counter at ${key}`)
    return { count }
  },
  empty: () => ({ count: 0 }),
}

const increment = ({ count }: Counter): Counter => ({ count: count + 1 })

// Many more than any case needs, so that a loop without end fails.
const MOST_WRITES = 2_000

/** A store that counts its writes and lets a rival in before each. */
function contested(beforeWrite: (store: TokenStore) => Promise<unknown> = () => Promise.resolve()) {
  const inner = memoryStore()
  const counts = { writes: 0 }
  const store: TokenStore = {
    ...inner,
    async write(key, value, options) {
      counts.writes += 1
      if (counts.writes > MOST_WRITES) throw new Error('too many writes')
      await beforeWrite(inner)
      return inner.write(key, value, options)
    },
  }
  return { store, inner, counts }
}

describe('readStored', () => {
  it('gives an empty record where nothing is stored', async () => {
    expect(await readStored(memoryStore(), kind)).toEqual({ entry: null, value: { count: 0 } })
  })

  it('gives what is stored, parsed, with its revision', async () => {
    const store = memoryStore()
    const revision = await store.write('counter', { count: 3, more: true })
    expect(await readStored(store, kind)).toEqual({
      entry: { value: { count: 3, more: true }, revision },
      value: { count: 3 },
    })
  })

  it('passes on what the parser throws', async () => {
    const store = memoryStore()
    await store.write('counter', 'broken')
    await expect(readStored(store, kind)).rejects.toThrow('no counter at counter')
  })
})

describe('writeStored', () => {
  it('writes over exactly what was read', async () => {
    const store = memoryStore()
    const first = await writeStored(store, kind, await readStored(store, kind), { count: 1 })
    const second = await writeStored(store, kind, first, { count: 2 })
    expect(second.entry).toEqual(await store.read('counter'))
    await expect(writeStored(store, kind, first, { count: 9 })).rejects.toSatisfy(isStoreConflict)
    expect((await store.read('counter'))?.value).toEqual({ count: 2 })
  })

  it('does not create what somebody else has created', async () => {
    const store = memoryStore()
    const read = await readStored(store, kind)
    await store.write('counter', { count: 5 })
    await expect(writeStored(store, kind, read, { count: 1 })).rejects.toSatisfy(isStoreConflict)
  })

  it('is fenced by the lease that it is given', async () => {
    const store = memoryStore()
    const lease = await store.lease('counter', { ttl: 1_000, signal: new AbortController().signal })
    const read = await writeStored(store, kind, await readStored(store, kind), { count: 1 }, { lease })
    await lease.release()
    await expect(writeStored(store, kind, read, { count: 2 }, { lease })).rejects.toSatisfy(isLeaseLost)
  })

  it('hands plain JSON to the store, without what is not set', async () => {
    const store = memoryStore()
    const value: Counter & { readonly note: string | undefined } = { count: 1, note: undefined }
    await writeStored(store, kind, await readStored(store, kind), value)
    expect(Object.keys((await store.read('counter'))?.value as object)).toEqual(['count'])
  })
})

describe('updateStored', () => {
  it('P1 loses no update among many writers at once', async () => {
    const { store, counts } = contested()
    await Promise.all(Array.from({ length: 40 }, () => updateStored(store, kind, increment)))
    expect((await store.read('counter'))?.value).toEqual({ count: 40 })
    // Otherwise nobody was in anybody's way, and nothing was shown.
    expect(counts.writes).toBeGreaterThan(40)
  })

  it('decides anew on what the quicker one wrote', async () => {
    const rivals: Json[] = [{ count: 10 }, { count: 20 }]
    const { store, counts } = contested(async (inner) => {
      const rival = rivals.shift()
      if (rival !== undefined) await inner.write('counter', rival)
    })
    const seen: number[] = []
    const written = await updateStored(store, kind, (counter) => {
      seen.push(counter.count)
      return increment(counter)
    })
    expect(seen).toEqual([0, 10, 20])
    expect(counts.writes).toBe(3)
    expect(written.value).toEqual({ count: 21 })
    expect(written.entry).toEqual(await store.read('counter'))
  })

  it('writes nothing if the change gives back its argument', async () => {
    const { store, counts } = contested()
    const read = await updateStored(store, kind, (counter) => counter)
    expect(read).toEqual({ entry: null, value: { count: 0 } })
    expect(counts.writes).toBe(0)
    expect(await store.read('counter')).toBeNull()
  })

  it('may find on a second look that there is nothing to do', async () => {
    const { store, counts } = contested((inner) => inner.write('counter', { count: 5 }))
    const { value } = await updateStored(store, kind, (counter) => (counter.count < 5 ? increment(counter) : counter))
    expect(value).toEqual({ count: 5 })
    expect(counts.writes).toBe(1)
  })

  it('P12 does not try for ever on a store that always says no', async () => {
    const { store, counts } = contested((inner) => inner.write('counter', { count: 0 }))
    await expect(updateStored(store, kind, increment)).rejects.toSatisfy(isStoreConflict)
    expect(counts.writes).toBe(201)
  })

  it('tries again after a conflict only', async () => {
    const failure = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'l' } })
    const { store, counts } = contested(() => Promise.reject(failure))
    await expect(updateStored(store, kind, increment)).rejects.toBe(failure)
    expect(counts.writes).toBe(1)
  })
})
