import { isInvalidOptions, isStoreUnavailable } from '@evergrant/core'
import { visibleText, VirtualClock } from '@evergrant/testing'
import { Pool } from 'pg'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { postgresStore, type PostgresStoreOptions } from '../../src/postgres.ts'
import { createPool } from '../../src/postgres/pool.ts'
import { createCuttableProxy } from '../network-store/cuttable-proxy.ts'
import { createMoment } from '../network-store/moment.ts'
import { failureOf } from '../support/failure-of.ts'
import { DATABASE_URL, postgresPlace } from './place.ts'

const KEY = 'grant/default'
const PASSWORD = 'made-up+Password/1'
const place = postgresPlace()
const { schema } = place
afterAll(() => place[Symbol.asyncDispose]())

function openPool(options: { readonly max?: number; readonly url?: string } = {}): Pool {
  const { max = 2, url = DATABASE_URL } = options
  const pool = new Pool({ connectionString: url, max })
  onTestFinished(() => pool.end())
  return pool
}

async function openProxy() {
  const { hostname, port } = new URL(DATABASE_URL)
  const proxy = await createCuttableProxy({ host: hostname, port: Number(port === '' ? 5432 : port) })
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const url = new URL(DATABASE_URL)
  url.host = `${proxy.host}:${proxy.port}`
  return { proxy, url: url.href }
}

describe('the pool of somebody else', () => {
  it('may have a single connection, also for the first calls at once', async () => {
    const tablePrefix = place.freshPrefix()
    const store = place.open({ pool: openPool({ max: 1 }), tablePrefix })
    await Promise.all([1, 2, 3, 4].map((value) => store.write(`key ${value}`, value)))
    const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    await store.write(KEY, 1, { lease })
    await lease.release()
    expect((await store.read('key 4'))?.value).toBe(4)
    await store.dispose()
  })

  it('P12 is left as it was, and goes on', async () => {
    const pool = openPool()
    const stores = Array.from({ length: 12 }, () => place.open({ pool }))
    expect(pool.listenerCount('error')).toBe(1)
    await stores[0]?.write(KEY, 1)
    const watching = stores[0]?.watch?.(KEY, () => undefined)
    await Promise.all(stores.map((store) => store.dispose()))
    watching?.[Symbol.dispose]()
    expect(pool.listenerCount('error')).toBe(0)
    expect(pool.ending).toBe(false)
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  it('P12 may lose a connection that nobody uses, and nobody minds', async () => {
    const pool = openPool()
    const store = place.open({ pool })
    await store.write(KEY, 'kept')
    const lost = createMoment()
    pool.on('remove', () => lost.come())
    await place.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND strpos(query, '${schema}') > 0 AND state = 'idle'`)
    await lost.promise
    expect((await store.read(KEY))?.value).toBe('kept')
    await store.dispose()
  })

  it('P12 that has no connection to spare is waited for within the bound; what comes late goes back', async () => {
    const pool = openPool({ max: 1 })
    const clock = new VirtualClock()
    const store = place.open({ pool, clock, timeout: 700 })
    const taken = await pool.connect()
    const error = failureOf(store.read(KEY))
    await clock.advance(699)
    expect(clock.held).toBe(1)
    await clock.advance(1)
    expect(await error).toSatisfy(isStoreUnavailable)
    expect(String(await error)).toContain('did not answer')
    taken.release()
    await expect.poll(() => pool.idleCount).toBe(1)
    expect(await store.read('nothing')).toBeNull()
    expect(clock.pending).toBe(0)
    await store.dispose()
  })

  it('whatever parsers it has, entries are read as they are', async () => {
    const types = { getTypeParser: () => () => 'parsed by somebody else' }
    const pool = new Pool({ connectionString: DATABASE_URL, max: 2, types })
    onTestFinished(() => pool.end())
    const store = place.open({ pool, tablePrefix: place.freshPrefix() })
    const revision = await store.write(KEY, { a: 1 }, { expect: null })
    expect(await store.read(KEY)).toEqual({ value: { a: 1 }, revision })
    expect(Math.abs((await store.time()) - Date.now())).toBeLessThan(3_600_000)
    await store.dispose()
  })
})

it('P12 the pool of a store keeps no process alive between two calls', () => {
  expect(createPool(DATABASE_URL, 1_000).options.allowExitOnIdle).toBe(true)
})

describe('the connection that listens', () => {
  it('P12 is made anew after ever longer pauses, and leaves nothing behind', async () => {
    const { proxy, url } = await openProxy()
    const clock = new VirtualClock()
    const store = place.open({ url, clock })
    await store.write(KEY, 0)
    let heard = createMoment()
    const watching = store.watch?.(KEY, () => heard.come())
    await heard.promise
    proxy.cut()
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      await clock.settleUntil(() => clock.pending === 1)
      expect((clock.nextAt ?? 0) - clock.monotonic()).toBe(pause)
      await clock.advance(pause)
    }
    await clock.settleUntil(() => clock.pending === 1)
    heard = createMoment()
    proxy.restore()
    await clock.advance(10_000)
    // Nothing was written meanwhile, for all that it knows something was.
    await clock.settleUntil(() => clock.pending === 0)
    await heard.promise
    proxy.cut()
    await clock.settleUntil(() => clock.pending === 1)
    expect([(clock.nextAt ?? 0) - clock.monotonic(), clock.held]).toEqual([100, 0])
    watching?.[Symbol.dispose]()
    expect(clock.pending).toBe(0)
    await store.dispose()
  })

  it('may go another way than the rest', async () => {
    const { proxy, url } = await openProxy()
    const store = place.open({ listen: url })
    await store.write(KEY, 1)
    expect(proxy.accepted).toBe(0)
    const heard = createMoment()
    const watching = store.watch?.(KEY, () => heard.come())
    await heard.promise
    expect(proxy.accepted).toBe(1)
    watching?.[Symbol.dispose]()
    await store.dispose()
    expect(proxy.connections).toBe(0)
  })

  it('P12 hears nothing of a store that is disposed', async () => {
    const store = place.open()
    await store.dispose()
    store.watch?.(KEY, () => expect.unreachable())[Symbol.dispose]()
    await expect(store.time()).rejects.toSatisfy(isStoreUnavailable)
    expect(store.dispose()).toBe(store[Symbol.asyncDispose]())
  })
})

describe('an error on the way to PostgreSQL', () => {
  const wrong = (change: (url: URL) => void): string => {
    const url = new URL(DATABASE_URL)
    url.password = PASSWORD
    change(url)
    return url.href
  }
  const PLACES: Readonly<Record<string, readonly [url: string, code: string]>> = {
    'nothing listens': [wrong((url) => (url.port = '1')), 'ECONNREFUSED'],
    'no such host': [wrong((url) => (url.hostname = 'nowhere.invalid')), 'E'],
    'no such database': [wrong((url) => (url.pathname = '/no_such_database')), '3D000'],
    'no such user': [wrong((url) => (url.username = 'no_such_user')), '28000'],
    'no TLS there': [wrong((url) => url.searchParams.set('sslmode', 'no-verify')), ''],
  }
  for (const [title, [url, code]] of Object.entries(PLACES)) {
    it(`P11 tells its code and what to do, and no secret: ${title}`, async () => {
      const store = postgresStore({ url, schema })
      onTestFinished(() => store.dispose())
      const { signal } = new AbortController()
      for (const call of [() => store.read(KEY), () => store.time(), () => store.lease(KEY, { ttl: 9_000, signal })]) {
        const error = await failureOf(call())
        expect(error).toSatisfy(isStoreUnavailable)
        expect(String(error)).toContain(code)
        expect(error).toMatchObject({ details: { location: `${schema}.evergrant_entries` } })
        const text = visibleText(error)
        for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'made-up']) expect(text).not.toContain(secret)
      }
    })
  }
})

describe('the options of a postgres store', () => {
  const url = `postgres://user:${encodeURIComponent(PASSWORD)}@127.0.0.1/database`
  const WRONG: Readonly<Record<string, readonly [option: string, options: unknown]>> = {
    'neither url nor pool': ['url', {}],
    'an empty url': ['url', { url: '' }],
    'a url that is none': ['url', { url: `postgres://user:${PASSWORD}@[half` }],
    'a url with a port that is none': ['url', { url: `postgres://user:${PASSWORD}@host:made-up` }],
    'a url that names a file that is not there': ['url', { url: `${url}?sslrootcert=/made-up/no-such-file` }],
    'url and pool': ['pool', { url, pool: place.pool }],
    'a misspelt option': ['tableprefix', { url, tableprefix: 'a' }],
    'an empty schema': ['schema', { url, schema: '' }],
    'a schema that is too long': ['schema', { url, schema: 'ä'.repeat(32) }],
    'a prefix that is too long': ['tablePrefix', { url, tablePrefix: 'a'.repeat(57) }],
    'a prefix with a NUL': ['tablePrefix', { url, tablePrefix: 'a\0' }],
    'no time': ['timeout', { url, timeout: 0 }],
    'time without end': ['timeout', { url, timeout: Infinity }],
    'an empty way to listen': ['listen', { url, listen: '' }],
    'a way to listen that is none': ['listen', { url, listen: `postgres://user:${PASSWORD}@[half` }],
  }
  for (const [title, [option, options]] of Object.entries(WRONG)) {
    it(`P11 are refused at once, and not repeated: ${title}`, () => {
      let error: unknown
      try {
        postgresStore(options as PostgresStoreOptions)
      } catch (thrown) {
        error = thrown
      }
      expect(error).toSatisfy(isInvalidOptions)
      expect(error).toMatchObject({ details: { option } })
      expect(visibleText(error)).not.toContain('made-up')
    })
  }

  it('keys and values that cannot be stored are refused before anything is asked', async () => {
    const store = postgresStore({ url })
    for (const key of ['a\0b', 'half \ud800']) {
      await expect(store.read(key)).rejects.toSatisfy(isInvalidOptions)
      await expect(store.write(key, 1)).rejects.toSatisfy(isInvalidOptions)
    }
    const circle: unknown[] = []
    circle.push(circle)
    for (const value of [undefined, circle, 1n]) {
      await expect(store.write(KEY, value as never)).rejects.toSatisfy(isInvalidOptions)
    }
    await store.dispose()
  })
})
