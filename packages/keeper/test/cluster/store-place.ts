import { redisStore } from '@evergrant/adapters/redis'
import type { TokenStore } from '@evergrant/core'
import type { Endpoint } from '../../../adapters/test/network-store/cuttable-proxy.ts'
import { DATABASE_URL, postgresPlace } from '../../../adapters/test/postgres/place.ts'
import { ownPrefix, REDIS_URL, removeAll } from '../../../adapters/test/redis/server.ts'
import type { StorePlan } from './words.ts'

/** A place of one test's own on a real server. */
export interface StorePlace extends AsyncDisposable {
  readonly server: Endpoint
  /** How a replica gets there, through a proxy or not. */
  plan(way?: Endpoint): StorePlan
  /** The store as it is, sealed. */
  readonly store: TokenStore
}

export type StoreKind = StorePlan['kind']

export const STORES: readonly StoreKind[] = ['postgres', 'redis']

const PORTS: Readonly<Record<StoreKind, number>> = { postgres: 5432, redis: 6379 }

export function openStorePlace(kind: StoreKind): StorePlace {
  const resources = new AsyncDisposableStack()
  const url = kind === 'postgres' ? DATABASE_URL : REDIS_URL
  const { hostname, port } = new URL(url)
  const server = { host: hostname, port: port === '' ? PORTS[kind] : Number(port) }

  function through(way: Endpoint): string {
    const changed = new URL(url)
    changed.host = `${way.host}:${way.port}`
    return changed.href
  }

  if (kind === 'postgres') {
    const place = resources.use(postgresPlace(url))
    return {
      server,
      plan: (way = server) => ({ kind, url: through(way), schema: place.schema }),
      store: place.open(),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }
  const prefix = ownPrefix()
  resources.defer(() => removeAll(prefix))
  return {
    server,
    plan: (way = server) => ({ kind, url: through(way), prefix }),
    store: resources.use(redisStore({ url, prefix })),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
