import { isStoreCorrupt } from '@evergrant/core'
import { describe, expect, it, vi } from 'vitest'
import { redisStore, type RedisStore } from '../../src/redis.ts'
import { failureOf } from '../support/failure-of.ts'
import { startOwnServer } from './own-server.ts'
import { createRedisPlace, type RedisPlace } from './place.ts'
import { connectAdmin, namesOf } from './server.ts'

// For slow machines: a cluster takes two seconds to trust itself.
vi.setConfig({ testTimeout: 60_000 })

const KEY = 'grant/default'
const { signal } = new AbortController()

const CALLS: Readonly<Record<string, (store: RedisStore) => Promise<unknown>>> = {
  keys: (store) => store.keys(''),
  read: (store) => store.read(KEY),
  write: (store) => store.write(KEY, 'other'),
  delete: (store) => store.delete(KEY),
  lease: (store) => store.lease(KEY, { ttl: 60_000, signal }),
}

/** Everything under the prefix, byte for byte. */
function dump({ administer, prefix }: RedisPlace): Promise<Readonly<Record<string, unknown>>> {
  return administer(async (admin) => {
    const names = await namesOf(admin, prefix)
    const dumps = await Promise.all(names.map(async (name) => [name, await admin.sendCommand(['DUMP', name])]))
    return Object.fromEntries(dumps) as Record<string, unknown>
  })
}

describe('what a redis store keeps at the server', () => {
  it('is what its docstring says', async () => {
    await using place = await createRedisPlace()
    const { prefix, url } = place
    await using store = redisStore({ url, prefix })
    const revision = await store.write(KEY, { a: [1, 'ß'] })
    const lease = await store.lease(KEY, { ttl: 60_000, signal })
    const second = await store.lease('grant/other', { ttl: 60_000, signal })
    await place.administer(async (admin) => {
      expect(await namesOf(admin, prefix)).toEqual([
        `${prefix}{store}:entry:${KEY}`,
        `${prefix}{store}:fence`,
        `${prefix}{store}:lease:${KEY}`,
        `${prefix}{store}:lease:grant/other`,
        `${prefix}{store}:version`,
      ])
      expect({ ...(await admin.hGetAll(`${prefix}{store}:entry:${KEY}`)) }).toEqual({
        revision,
        value: '{"a":[1,"ß"]}',
      })
      expect(await admin.get(`${prefix}{store}:version`)).toBe('1')
      expect(await admin.get(`${prefix}{store}:fence`)).toBe('2')
      expect(await admin.get(`${prefix}{store}:lease:${KEY}`)).toMatch(/^1:[0-9a-f-]{36}$/)
      expect(await admin.get(`${prefix}{store}:lease:grant/other`)).toMatch(/^2:[0-9a-f-]{36}$/)
      expect(await admin.pTTL(`${prefix}{store}:lease:${KEY}`)).toBeGreaterThan(0)
      expect(await admin.pTTL(`${prefix}{store}:entry:${KEY}`)).toBe(-1)
    })
    await lease.release()
    await second.release()
    await store.delete(KEY)
    expect(Object.keys(await dump(place))).toEqual([`${prefix}{store}:fence`, `${prefix}{store}:version`])
  })

  it.for(Object.entries(CALLS))('of a newer version is left alone: %s', async ([, call]) => {
    await using place = await createRedisPlace()
    const { prefix, url, administer } = place
    await using store = redisStore({ url, prefix })
    await store.write(KEY, 1)
    await administer((admin) => admin.set(`${prefix}{store}:version`, '2'))
    const before = await dump(place)
    const error = await failureOf(call(store))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(error).toMatchObject({
      message: expect.stringContaining('version 2') as string,
      help: expect.stringContaining('Update evergrant') as string,
    })
    expect(await dump(place)).toEqual(before)
  })

  it.for(Object.entries(CALLS))('under a version that is none is left alone: %s', async ([, call]) => {
    await using place = await createRedisPlace()
    const { prefix, url, administer } = place
    await administer((admin) => admin.hSet(`${prefix}{store}:version`, 'a', '1'))
    const before = await dump(place)
    await using store = redisStore({ url, prefix })
    await expect(call(store)).rejects.toSatisfy(isStoreCorrupt)
    expect(await dump(place)).toEqual(before)
  })

  it('is listed by thousands, each once, among the names of others', async () => {
    await using place = await createRedisPlace()
    const { prefix, url, administer } = place
    const keys = Array.from({ length: 3_000 }, (_, index) => `grant/${index + 1_000}`)
    const strange = keys.map((key) => `${prefix}{store}:entries:${key}`)
    const own = keys.map((key) => `${prefix}{store}:entry:${key}`)
    await administer((admin) => admin.mSet([...own, ...strange].map((name): [string, string] => [name, ''])))
    await using store = redisStore({ url, prefix })
    expect((await store.keys('grant/')).toSorted()).toEqual(keys)
  })

  const DAMAGES = {
    'another type': ['SET', 'text'],
    'a missing value': ['HSET', 'revision', 'r'],
    'a missing revision': ['HSET', 'value', '1'],
  } as const

  for (const [damage, [command, ...words]] of Object.entries(DAMAGES)) {
    it.for(['read', 'write', 'delete'])(
      `that is damaged is neither read nor written over: ${damage}, %s`,
      async (name) => {
        await using place = await createRedisPlace()
        const { prefix, url, administer } = place
        await using store = redisStore({ url, prefix })
        await administer((admin) => admin.sendCommand([command, `${prefix}{store}:entry:${KEY}`, ...words]))
        const before = await dump(place)
        const error = await failureOf(CALLS[name]?.(store) ?? Promise.resolve())
        expect(error).toSatisfy(isStoreCorrupt)
        expect(await dump(place)).toEqual(before)
      },
    )
  }

  it('that is no JSON is not read, and what it says is not told', async () => {
    await using place = await createRedisPlace()
    const { prefix, url, administer } = place
    await using store = redisStore({ url, prefix })
    await administer((admin) => admin.hSet(`${prefix}{store}:entry:${KEY}`, { revision: 'r', value: '{"half":"of-it' }))
    const before = await dump(place)
    const error = await failureOf(store.read(KEY))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(JSON.stringify(error)).not.toContain('of-it')
    expect(await dump(place)).toEqual(before)
  })

  it('lies on one node of a cluster, whatever the keys', async () => {
    await using server = await startOwnServer(['--cluster-enabled', 'yes'])
    const admin = await connectAdmin(server.url)
    await admin.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
    await expect.poll(() => admin.sendCommand(['CLUSTER', 'INFO']), { timeout: 30_000 }).toContain('cluster_state:ok')
    await using store = redisStore({ url: server.url })
    const lease = await store.lease('grant/{a}', { ttl: 60_000, signal })
    const revision = await store.write('grant/{b}', 1, { lease })
    expect(await store.read('grant/{b}')).toEqual({ value: 1, revision })
    await store.delete('grant/{b}', { expect: revision, lease })
    await lease.release()
    admin.destroy()
  })
})
