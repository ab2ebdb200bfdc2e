import { channel } from 'node:diagnostics_channel'
import { isInvalidOptions, isStoreUnavailable } from '@evergrant/core'
import { expectNoCanary, plantCanaries, VirtualClock, visibleText } from '@evergrant/testing'
import { createClient } from 'redis'
import { describe, expect, it, vi } from 'vitest'
import { redisStore, type RedisStoreOptions } from '../../src/redis.ts'
import { createCuttableProxy } from '../network-store/cuttable-proxy.ts'
import { failureOf } from '../support/failure-of.ts'
import { startOwnServer } from './own-server.ts'
import { createRedisPlace, type RedisPlace } from './place.ts'
import { connectAdmin } from './server.ts'

// For slow machines: nothing here waits for time.
vi.setConfig({ testTimeout: 60_000 })

const KEY = 'grant/default'
const { signal } = new AbortController()

/** The revision of the entry, as it stands at the server. */
const revisionIn = ({ administer, prefix }: RedisPlace) =>
  administer((admin) => admin.hGet(`${prefix}{store}:entry:${KEY}`, 'revision'))

const proxiedUrl = (place: RedisPlace) => (place.opening('proxied').connection as { url: string }).url

describe('options of redisStore', () => {
  const client = createClient()
  it.for<[string, RedisStoreOptions]>([
    ['neither url nor client', {}],
    ['both', { url: 'redis://127.0.0.1', client }],
    ['no URL', { url: 'localhost' }],
    ['another protocol', { url: 'http://127.0.0.1:6379' }],
    ['no database', { url: 'redis://127.0.0.1/first' }],
    ['no time', { url: 'redis://127.0.0.1', timeout: 0 }],
    ['no number', { url: 'redis://127.0.0.1', timeout: Number.NaN }],
    ['half a replica', { url: 'redis://127.0.0.1', waitForReplicas: 0.5 }],
  ])('are refused at once: %s', ([, options]) => {
    expect(() => redisStore(options)).toThrow(expect.toSatisfy(isInvalidOptions))
  })

  it('take a client as a pattern, which stays as it was', async () => {
    await using place = await createRedisPlace()
    const pattern = createClient({ url: proxiedUrl(place), commandOptions: { timeout: 1 }, keyPrefix: 'other:' })
    await using store = redisStore({ client: pattern, prefix: place.prefix })
    const revision = await store.write(KEY, 1)
    expect(await revisionIn(place)).toBe(revision)
    await store.dispose()
    expect(pattern.isOpen).toBe(false)
    await pattern.connect()
    await using again = redisStore({ client: pattern, prefix: place.prefix })
    expect(await again.read(KEY)).toEqual({ value: 1, revision })
    await again.dispose()
    expect(await pattern.ping()).toBe('PONG')
    pattern.destroy()
  })
})

describe('P11 no secret of a connection leaves', () => {
  const canaries = plantCanaries()
  const password = canaries.plant('password')
  const encoded = encodeURIComponent(password)
  const value = canaries.plant('refresh token')

  async function failureWith(url: string, timeout?: number): Promise<unknown> {
    await using store = redisStore({ url, ...(timeout === undefined ? {} : { timeout }) })
    return await failureOf(store.write(KEY, { value }))
  }

  it.for([
    'redis://user:PASSWORD@[',
    'rediss://user:PASSWORD@host:port',
    'PASSWORD',
    'redis://:PASSWORD@h/x',
    'unix://u:PASSWORD@',
  ])('in the error for a URL that is none: %s', async (pattern) => {
    const error = await failureOf(
      Promise.resolve().then(() => redisStore({ url: pattern.replace('PASSWORD', password) })),
    )
    expect(error).toSatisfy(isInvalidOptions)
    expectNoCanary(error, canaries)
  })

  it('when nothing listens', async () => {
    const proxy = await createCuttableProxy({ host: '127.0.0.1', port: 1 })
    await proxy[Symbol.asyncDispose]()
    const error = await failureWith(`redis://user:${encoded}@127.0.0.1:${proxy.port}/3?password=${encoded}`)
    expect(error).toMatchObject({
      code: 'store-unavailable',
      message: `Redis at redis://127.0.0.1:${proxy.port}/3 cannot be reached (ECONNREFUSED)`,
      help: expect.stringContaining('Start the server') as string,
    })
    expectNoCanary(error, canaries)
  })

  it('when the server does not answer', async () => {
    await using place = await createRedisPlace()
    place.proxy.stall()
    const url = new URL(proxiedUrl(place))
    url.password = encoded
    const error = await failureWith(url.href, 100)
    expect(error).toMatchObject({ message: `Redis at ${proxiedUrl(place)} did not answer within 100 ms` })
    expectNoCanary(error, canaries)
  })

  it('when the server turns the password down, wants one, or does not let this user write', async () => {
    await using server = await startOwnServer([
      '--requirepass',
      'an-invented-one',
      '--user',
      'reader',
      'on',
      '>r',
      '+@all',
      '-publish',
      '~*',
    ])
    const { port } = server
    for (const [user, word] of [
      [`default:${encoded}@`, 'WRONGPASS'],
      ['', 'NOAUTH'],
      ['reader:r@', 'NOPERM'],
    ] as const) {
      const error = await failureWith(`redis://${user}127.0.0.1:${port}`)
      expect(error).toMatchObject({ message: `Redis at redis://127.0.0.1:${port} refused (${word})` })
      expectNoCanary(error, canaries)
    }
    await using store = redisStore({ url: `redis://default:an-invented-one@127.0.0.1:${port}` })
    // What the other user could not announce was not written either.
    expect(await store.read(KEY)).toBe(null)
  })

  it('in what node-redis tells those who trace commands', async () => {
    await using place = await createRedisPlace()
    const told: unknown[] = []
    const listen = (message: unknown) => told.push(visibleText((message as { args?: unknown }).args))
    channel('tracing:node-redis:command:start').subscribe(listen)
    try {
      await using store = redisStore(place)
      await store.write(KEY, { value })
      expect(await store.read(KEY)).toMatchObject({ value: { value } })
    } finally {
      channel('tracing:node-redis:command:start').unsubscribe(listen)
    }
    expect(told.join()).toContain('EVALSHA')
    expectNoCanary(told, canaries)
  })
})

describe('answers that are lost', () => {
  it('P7 a write that was done is not taken for a conflict when it is sent again', async () => {
    await using place = await createRedisPlace()
    await using store = redisStore({ url: proxiedUrl(place), prefix: place.prefix })
    const first = await store.write(KEY, 1)
    place.proxy.mute()
    const writing = store.write(KEY, 2, { expect: first })
    await expect.poll(() => revisionIn(place), { timeout: 30_000 }).not.toBe(first)
    const second = await revisionIn(place)
    place.proxy.drop()
    place.proxy.restore()
    expect(await writing).toBe(second)
    expect(await store.read(KEY)).toEqual({ value: 2, revision: second })
  })

  it('P1 a lease that was given is not waited for when it is asked for again', async () => {
    await using place = await createRedisPlace()
    await using store = redisStore({ url: proxiedUrl(place), prefix: place.prefix })
    await store.write(KEY, 1)
    place.proxy.mute()
    const taking = store.lease(KEY, { ttl: 120_000, signal })
    await expect.poll(() => place.isLeaseHeld(KEY), { timeout: 30_000 }).toBe(true)
    place.proxy.drop()
    place.proxy.restore()
    const lease = await taking
    await store.write(KEY, 2, { lease })
    await lease.release()
    expect(await place.leftovers()).toEqual([])
  })

  it('P12 a lease whose wait was ended is given back when its answer comes', async () => {
    await using place = await createRedisPlace()
    await using store = redisStore({ url: proxiedUrl(place), prefix: place.prefix })
    await store.write(KEY, 1)
    place.proxy.mute()
    const leaver = new AbortController()
    const taking = failureOf(store.lease(KEY, { ttl: 120_000, signal: leaver.signal }))
    await expect.poll(() => place.isLeaseHeld(KEY), { timeout: 30_000 }).toBe(true)
    const reason = new Error('not any more')
    leaver.abort(reason)
    expect(await taking).toBe(reason)
    place.proxy.restore()
    await expect.poll(() => place.leftovers(), { timeout: 30_000 }).toEqual([])
  })
})

describe('news', () => {
  it('wakes who waits for a lease, without any clock', async () => {
    await using place = await createRedisPlace()
    const clock = new VirtualClock()
    await using holder = redisStore({ url: place.url, prefix: place.prefix })
    await using waiter = redisStore({ url: place.url, prefix: place.prefix, clock })
    const lease = await holder.lease(KEY, { ttl: 120_000, signal })
    let got = false
    const waiting = waiter.lease(KEY, { ttl: 120_000, signal }).then((next) => {
      got = true
      return next.release()
    })
    // It listens, and has looked again since it does.
    await place.administer(async (admin) => {
      await expect
        .poll(() => admin.pubSubNumSub(`${place.prefix}{store}:news`), { timeout: 30_000 })
        .toMatchObject({
          [`${place.prefix}{store}:news`]: 1,
        })
    })
    expect(got).toBe(false)
    await lease.release()
    await waiting
  })

  it('that is lost does not keep anybody waiting: the lease is asked for again in the end', async () => {
    await using place = await createRedisPlace()
    await using store = redisStore({ url: place.url, prefix: place.prefix })
    await store.lease(KEY, { ttl: 120_000, signal })
    await using waiter = redisStore({ url: place.url, prefix: place.prefix })
    const waiting = waiter.lease(KEY, { ttl: 120_000, signal })
    await place.administer(async (admin) => {
      await expect
        .poll(() => admin.pubSubNumSub(`${place.prefix}{store}:news`), { timeout: 30_000 })
        .toMatchObject({
          [`${place.prefix}{store}:news`]: 1,
        })
    })
    await place.takeLeaseAway(KEY)
    await (await waiting).release()
  })
})

describe('waitForReplicas', () => {
  it('counts a write only when a replica has it, and says so when none has', async () => {
    await using server = await startOwnServer()
    const place = { url: server.url, prefix: 'replicated:' }
    await using store = redisStore({ ...place, waitForReplicas: 1, timeout: 4_000 })
    await using other = redisStore(place)
    const refused = await failureOf(store.write(KEY, 'alone'))
    expect(refused).toSatisfy(isStoreUnavailable)
    expect(refused).toMatchObject({ message: expect.stringContaining('Fewer than 1 replicas') as string })
    expect((await other.read(KEY))?.value).toBe('alone')
    expect(await failureOf(store.lease(KEY, { ttl: 120_000, signal }))).toSatisfy(isStoreUnavailable)
    const admin = await connectAdmin(server.url)
    expect(await admin.exists(`${place.prefix}{store}:lease:${KEY}`)).toBe(0)
    admin.destroy()

    await using replica = await startOwnServer(['--replicaof', '127.0.0.1', String(server.port)])
    await expect.poll(() => failureOf(store.write(KEY, 'together')), { timeout: 30_000 }).toBe(null)
    await using reader = redisStore({ ...place, url: replica.url })
    expect((await reader.read(KEY))?.value).toBe('together')
    const error = await failureOf(reader.write(KEY, 'on a replica'))
    expect(error).toMatchObject({ message: `Redis at ${replica.url} refused (READONLY)` })
  })
})
