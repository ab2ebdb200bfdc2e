import { testLifecycle } from '@evergrant/testing'
import { createClient } from 'redis'
import { afterAll, describe, it, vi } from 'vitest'
import { redisStore, type RedisStore } from '../../src/redis.ts'
import { tastytrade } from '../../src/tastytrade.ts'
import { livesOf } from '../support/lives.ts'
import { ownPrefix, REDIS_URL, removeAll } from './server.ts'
import { inNoTime, timeless } from './standing-time.ts'

vi.setConfig({ testTimeout: 120_000 })

const prefix = ownPrefix()
const client = createClient({ url: REDIS_URL })
const stores: RedisStore[] = []
afterAll(async () => {
  await Promise.all(stores.map((store) => store.dispose()))
  client.destroy()
  await removeAll(prefix)
})

testLifecycle({
  name: 'tastytrade in redis',
  provider: ({ fetch, baseUrl }) => tastytrade({ fetch, baseUrl }),
  store(clock) {
    const store = redisStore({ client: inNoTime(client, clock), prefix: `${prefix}${stores.length}:` })
    stores.push(store)
    return timeless(store)
  },
  // Each call goes through a socket, so there are fewer paths.
  paths: livesOf('store', 'redis'),
  describe,
  it,
})
