import { createSession, isInvalidOptions, isLeaseLost, isStoreSharing, type Provider } from '@evergrant/core'
import { createStorage, prefixStorage } from 'unstorage'
import fs from 'unstorage/drivers/fs'
import fsLite from 'unstorage/drivers/fs-lite'
import memory from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { unstorageStore } from '../src/unstorage.ts'
import { failureOf } from './support/failure-of.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const NAME = 'evergrant:grant__default'
const signal = new AbortController().signal
const provider: Provider = { issuer: 'https://server.test', requestToken: () => Promise.reject(new Error('unused')) }

describe('how far the store reaches', () => {
  it('P1 core refuses it where several processes are asked for, whatever the driver', () => {
    for (const driver of [memory(), fs({ base: temporaryFolder() }), fsLite({ base: temporaryFolder() })]) {
      const store = unstorageStore(createStorage({ driver }))
      for (const sharing of ['host', 'network'] as const) {
        expect(() => createSession({ provider, store, sharing })).toThrow(expect.toSatisfy(isStoreSharing) as Error)
      }
      expect(createSession({ provider, store, sharing: 'process' }).getSnapshot().state).toBe('unauthenticated')
    }
  })

  it('P1 two stores over one Storage have one lease, and one fence', async () => {
    const storage = createStorage()
    const [first, second] = [unstorageStore(storage), unstorageStore(storage)]
    const lease = await first.lease(KEY, { ttl: 60_000, signal })
    let taken = false
    const waiting = second.lease(KEY, { ttl: 60_000, signal }).then((next) => {
      taken = true
      return next
    })
    await second.write(KEY, 1, { lease })
    expect(taken).toBe(false)
    await lease.release()
    await (await waiting).release()
    expect(await failureOf(second.write(KEY, 2, { lease }))).toSatisfy(isLeaseLost)
  })

  it('a prefix of its own makes a place of its own', async () => {
    const storage = createStorage()
    const [one, other] = [unstorageStore(storage), unstorageStore(storage, { prefix: 'other:bots' })]
    await one.write(KEY, 'one')
    expect(await other.read(KEY)).toBe(null)
    await (await one.lease(KEY, { ttl: 60_000, signal })).release()
    const lease = await one.lease(KEY, { ttl: 60_000, signal })
    await (await other.lease(KEY, { ttl: 60_000, signal })).release()
    expect(await failureOf(other.write(KEY, 'other', { lease }))).toSatisfy(isLeaseLost)
    await other.write(KEY, 'other')
    expect((await storage.getKeys()).toSorted()).toEqual([NAME, 'other:bots:grant__default'])
  })

  it('lies beneath a prefix of the storage too', async () => {
    const storage = createStorage()
    await unstorageStore(prefixStorage(storage, 'app')).write(KEY, 1)
    expect(await storage.getKeys()).toEqual([`app:${NAME}`])
  })
})

describe('options', () => {
  it('that cannot be used are refused at once', () => {
    const storage = createStorage()
    const wrong = [
      { prefix: '' },
      { prefix: 'a/b' },
      { prefix: ':a' },
      { prefix: '..' },
      { maxWait: 0 },
      { maxWait: NaN },
    ]
    for (const options of wrong) {
      expect(() => unstorageStore(storage, options)).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
    }
    expect(() => unstorageStore(storage, { watch: true } as never)).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
    expect(() => unstorageStore(memory() as never)).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
  })
})
