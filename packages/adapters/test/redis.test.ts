import { describeStoreContract } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { redisStore, type RedisStore } from '../src/redis.ts'
import { REDIS_URL, ownPrefix, removeAll } from './redis/server.ts'

// For slow machines: nothing here waits for time.
vi.setConfig({ testTimeout: 60_000 })

describeStoreContract(
  'redisStore',
  () => {
    const prefix = ownPrefix()
    const stores: RedisStore[] = []
    return {
      open() {
        const store = redisStore({ url: REDIS_URL, prefix })
        stores.push(store)
        return store
      },
      async dispose() {
        await Promise.all(stores.map((store) => store.dispose()))
        await removeAll(prefix)
      },
    }
  },
  { describe, it, opensTwice: true },
)
