import { createCuttableProxy } from '../network-store/cuttable-proxy.ts'
import type { NetworkPlace, PlaceOptions } from '../network-store/place.ts'
import { startOwnServer } from './own-server.ts'
import { connectAdmin, namesOf, ownPrefix, removeAll, REDIS_URL, type AdminClient } from './server.ts'

export interface RedisPlace extends NetworkPlace {
  readonly url: string
  readonly prefix: string
  /** Runs something on a client of the test's own. */
  readonly administer: <T>(work: (admin: AdminClient) => Promise<T>) => Promise<T>
}

/** What stays at the server for good. */
const KEPT = /\{store\}:(?:version|fence|entry:.*)$/s

export async function createRedisPlace({ ownServer = false }: PlaceOptions = {}): Promise<RedisPlace> {
  const resources = new AsyncDisposableStack()
  const own = ownServer ? resources.use(await startOwnServer()) : null
  const url = own?.url ?? REDIS_URL
  const prefix = ownPrefix()
  if (own === null) resources.defer(() => removeAll(prefix))
  const { hostname, port } = new URL(url)
  const proxy = resources.use(await createCuttableProxy({ host: hostname, port: Number(port === '' ? 6379 : port) }))
  const proxied = new URL(url)
  proxied.host = `${proxy.host}:${proxy.port}`
  const leaseName = (key: string) => `${prefix}{store}:lease:${key}`

  async function administer<T>(work: (admin: AdminClient) => Promise<T>): Promise<T> {
    const admin = await connectAdmin(url)
    try {
      return await work(admin)
    } finally {
      admin.destroy()
    }
  }

  return {
    url,
    prefix,
    proxy,
    administer,
    opening: (way) => ({
      module: new URL('open-store.ts', import.meta.url).href,
      connection: { url: way === 'direct' ? url : proxied.href, prefix },
    }),
    async takeLeaseAway(key) {
      if ((await administer((admin) => admin.del(leaseName(key)))) === 0) throw new Error(`nobody holds ${key}`)
    },
    isLeaseHeld: async (key) => (await administer((admin) => admin.exists(leaseName(key)))) === 1,
    async restart() {
      if (own === null) throw new Error('this server is shared')
      await own.restart()
    },
    leftovers: async () => (await administer((admin) => namesOf(admin, prefix))).filter((name) => !KEPT.test(name)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
