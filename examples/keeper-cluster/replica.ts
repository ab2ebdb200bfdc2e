import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { postgresStore } from '@evergrant/adapters/postgres'
import { redisStore } from '@evergrant/adapters/redis'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createKeeper } from '@evergrant/keeper'
import type { ReplicaPlan } from './story/replica-plan.ts'

// One replica. `evergrant serve` does the same; here it is by hand, to see what there is to it.
const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string]
const { store: plan, sealingKey, baseUrl, port, userAgent } = JSON.parse(line) as ReplicaPlan

const store =
  plan.kind === 'postgres'
    ? postgresStore({ url: plan.url, schema: plan.schema })
    : redisStore({ url: plan.url, prefix: plan.prefix })
const keeper = createKeeper({
  provider: tastytrade({ baseUrl, userAgent }),
  store,
  sealing: { key: sealingKey },
  // As short as the lives of the tokens here.
  policy: { leaseTtl: 2_000 },
  // All the bots share one key, which is then asked with more often than any one bot would.
  limits: { requestsPerMinute: 10_000 },
})
const server = await keeper.listen({ port })
process.once('SIGTERM', () => void end())
// Whoever started it is gone.
process.stdin.once('close', () => process.exit(0))
console.log(server.url)

async function end(): Promise<never> {
  await keeper.dispose()
  await store.dispose()
  return process.exit(0)
}
