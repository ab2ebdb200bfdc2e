import { describeCanaries, type VirtualClock } from '@evergrant/testing'
import { createClient } from 'redis'
import { describe, it, vi } from 'vitest'
import { redisStore } from '../../src/redis.ts'
import { storePaths } from '../canaries/store-paths.ts'
import { createRedisPlace, type RedisPlace } from './place.ts'
import type { AdminClient } from './server.ts'
import { inNoTime, timeless } from './standing-time.ts'

/** Ms. The server is there or it is not: nobody waits that long for it. */
const TIMEOUT = 60_000

async function createPlace(clock: VirtualClock) {
  const place = await createRedisPlace()
  const { url, prefix } = place.opening('proxied').connection as { url: string; prefix: string }
  const resources = new AsyncDisposableStack()
  resources.use(place)
  const client = resources.adopt(createClient({ url }), (one) => one.destroy())
  const store = resources.use(redisStore({ client: inNoTime(client, clock), prefix, timeout: TIMEOUT }))
  return {
    ...place,
    open: () => timeless(store),
    visible: () => place.leftovers(),
    dispose: () => resources.disposeAsync(),
  }
}

type Place = Awaited<ReturnType<typeof createPlace>>

/** Does something to the connection, and lets everything through again. */
function cable(trouble: (proxy: RedisPlace['proxy']) => void) {
  return ({ proxy }: Place): (() => void) => {
    trouble(proxy)
    return () => proxy.restore()
  }
}

/** Does something to the entry of the grant, and brings back what was there. */
function entry(trouble: (admin: AdminClient, name: string) => Promise<unknown>) {
  return async ({ prefix, administer }: Place): Promise<() => Promise<void>> => {
    const name = `${prefix}{store}:entry:grant/default`
    const kept = `${name}.kept`
    await administer(async (admin) => {
      if ((await admin.exists(name)) === 1) await admin.copy(name, kept, { REPLACE: true })
      await trouble(admin, name)
    })
    return () =>
      administer(async (admin) => {
        await admin.del(name)
        if ((await admin.exists(kept)) === 1) await admin.rename(kept, name)
      })
  }
}

// A walk takes a second, and many times that on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

describeCanaries(
  'the redis store',
  {
    createPlace,
    troubles: {
      'a server that cannot be reached': cable((proxy) => proxy.cut()),
      'connections that break': cable((proxy) => proxy.drop()),
      'an entry that is cut in the middle': entry(async (admin, name) => {
        const text = (await admin.hGet(name, 'value')) ?? '{}'
        await admin.hSet(name, { revision: 'damaged', value: text.slice(0, text.length / 2) })
      }),
      'an entry without a revision': entry((admin, name) => admin.hDel(name, 'revision')),
      'an entry of another type': entry(async (admin, name) => {
        const text = (await admin.hGet(name, 'value')) ?? '{}'
        await admin.del(name)
        await admin.set(name, text)
      }),
    },
  },
  storePaths('redis', { describe, it: it.concurrent }),
)
