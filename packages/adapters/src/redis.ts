import { randomUUID } from 'node:crypto'
import { invalidOptions, systemClock, type Clock, type TokenStore, type WriteOptions } from '@evergrant/core'
import { sourceOf, type RedisClientPattern } from './redis/connection.ts'
import { layoutOf, newsOf } from './redis/layout.ts'
import { createLeases, tokenOf } from './redis/leases.ts'
import { createLink } from './redis/link.ts'
import { createNews } from './redis/news.ts'
import { createServer, type Condition } from './redis/server.ts'
import { jsonText } from './store/json-text.ts'
import { leaseLost } from './store/refusals.ts'

export type { ConnectionOverrides, RedisClientPattern, RedisConnection } from './redis/connection.ts'

export interface RedisStoreOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`, or `unix://…`. Either this or `client`. */
  readonly url?: string
  /**
   * A client of node-redis, made by `createClient`, for whatever a URL cannot say, e.g. certificates. The store makes
   * connections of its own after its pattern (`client.duplicate`): the client need not be connected, is not used and is
   * not closed. Its `keyPrefix` does not count.
   */
  readonly client?: RedisClientPattern
  /** What all names at the server begin with. Default `evergrant:`. */
  readonly prefix?: string
  /** Ms that any call may take, the connecting included. Waiting for a lease has no bound but its signal. Default 5000. */
  readonly timeout?: number
  /**
   * How many replicas must have a change before it counts (WAIT, for half of `timeout` at most), so that none is lost when
   * a replica takes over. Else `store-unavailable`; the change is made nevertheless. Default 0.
   */
  readonly waitForReplicas?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

export interface RedisStore extends TokenStore, AsyncDisposable {
  time(): Promise<number>
  watch(key: string, changed: () => void): Disposable
  /** Looks through all names of the database (SCAN), other programs' too: for a look now and then. */
  keys(prefix: string): Promise<readonly string[]>
  /** Gives back the leases held and closes the connections. From then on every call is refused with `store-unavailable`. */
  dispose(): Promise<void>
}

const DEFAULT_PREFIX = 'evergrant:'
const DEFAULT_TIMEOUT = 5_000

/**
 * Keeps accounts in Redis (6 or later, or what speaks its protocol) for any number of processes on any number of hosts:
 * `redisStore({ url: 'redis://127.0.0.1:6379' })`. Nothing is connected before it is needed. One connection is for commands
 * and one, while somebody watches or waits, for news; neither keeps the process alive, and each is made anew when it
 * breaks.
 *
 * At the server, after the prefix:
 *
 * | name | type | what it holds |
 * | --- | --- | --- |
 * | `{store}:version` | string | the version of this layout: `1` |
 * | `{store}:entry:<key>` | hash | `value`: JSON; `revision`: a UUID, new with each write |
 * | `{store}:lease:<key>` | string with a time to live | `<number>:<UUID>` of whoever holds it; gone when nobody does |
 * | `{store}:fence` | string | the number of the last lease |
 * | `{store}:news` | channel | `changed <key>`, `released <key>` |
 *
 * All is read and changed by Lua scripts, each one step at the server: compare-and-set, and whether the lease is still held,
 * by the server's clock. Names share a hash tag, so that they lie together in a cluster. A restricted user (ACL) needs
 * EVALSHA, EVAL, GET, SET, INCR, PTTL, PEXPIRE, EXISTS, DEL, HGET, HMGET, HEXISTS, HSET, TIME, PUBLISH, SUBSCRIBE, PING, SCAN
 * for `keys`, and WAIT for `waitForReplicas`.
 *
 * Durability is that of the server. It must keep its data over a restart (`appendonly yes`; with `appendfsync everysec` a
 * power cut may cost the last second, with `always` nothing) and must never evict it (`maxmemory-policy noeviction`).
 * Replication is asynchronous: when a replica takes over, what it had not got yet is lost, a lease too, and two may then
 * spend one credential; `waitForReplicas` narrows that. Values are stored in clear: use `rediss://` between hosts.
 *
 * Errors, each with what to do next in `help`; none of them quotes a password, a value or what the library threw:
 * - `store-unavailable`: the server cannot be reached, does not answer in time, or refuses. Whether a write was done is
 *   open then: read again
 * - `store-corrupt`: something else lies under one of the names, or the store is of a newer version. It is left as it is
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: a value that is not JSON
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  const { url, client, prefix = DEFAULT_PREFIX, clock = systemClock } = options
  const { timeout = DEFAULT_TIMEOUT, waitForReplicas = 0 } = options
  if (!(timeout > 0 && timeout < Infinity)) {
    throw invalidOptions('timeout', `${timeout} is no duration`, 'Pass milliseconds.')
  }
  if (!(Number.isSafeInteger(waitForReplicas) && waitForReplicas >= 0)) {
    throw invalidOptions('waitForReplicas', `${waitForReplicas} is no number of replicas`, 'Pass 0, 1, 2 …')
  }
  const source = sourceOf(url, client, timeout)
  const { location } = source
  const layout = layoutOf(prefix)
  const link = createLink({ ...source, clock, timeout })
  const news = createNews({ ...source, channel: layout.news, clock, timeout })
  const server = createServer({ link, layout, location, replicas: waitForReplicas, patience: Math.ceil(timeout / 2) })
  const leases = createLeases({
    take: server.take,
    renew: server.renew,
    release: server.release,
    listen: (key, released) => news.listen(newsOf('released', key), released),
    clock,
    location,
  })
  let disposing: Promise<void> | undefined

  async function close(): Promise<void> {
    await leases.close()
    news.close()
    link.close()
  }

  const dispose = () => (disposing ??= close())

  return {
    sharing: 'network',
    async read(key) {
      return server.read(key)
    },
    async write(key, value, writeOptions = {}) {
      // Taken before anything is awaited, so that what the caller does to the value afterwards changes nothing.
      const text = jsonText(value)
      const revision = randomUUID()
      await server.write(key, conditionOf(writeOptions), revision, text)
      return revision
    },
    async delete(key, writeOptions = {}) {
      await server.remove(key, conditionOf(writeOptions))
    },
    lease: leases.acquire,
    watch: (key, changed) => news.listen(newsOf('changed', key), changed),
    time: server.time,
    keys: server.keys,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function conditionOf({ expect, lease }: WriteOptions): Condition {
  if (lease === undefined) return { expect, lease: null }
  const token = tokenOf(lease)
  if (token === undefined) throw leaseLost(lease.key)
  return { expect, lease: { key: lease.key, token } }
}
