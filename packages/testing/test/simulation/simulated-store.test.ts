import { describeStoreContract } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createSharedStore } from '../../src/simulation/shared-store.ts'
import { createStoreClient } from '../../src/simulation/store-client.ts'
import { createHost, createProcess } from '../../src/simulation/virtual-host.ts'
import { createWeather } from '../../src/simulation/weather.ts'
import { createWorld } from '../../src/simulation/world.ts'

/** A simulated store and processes that use it, on a world that goes on until it is stopped. */
function createPlace() {
  const world = createWorld(() => undefined)
  const weather = createWeather(world)
  const store = createSharedStore(world, () => undefined)
  const host = createHost(world, 'host-1', 0)
  let processes = 0
  const open = () => {
    const process = createProcess(world, host, `p${(processes += 1)}`)
    const client = createStoreClient({ world, weather, store, seed: 1, onLease: () => undefined }, process, 'network')
    return { process, client }
  }
  const goOn = async (): Promise<void> => {
    while (!world.stopped) {
      await world.runUntil(world.elapsed + 100)
      await new Promise(setImmediate)
    }
  }
  void goOn()
  return { world, store, weather, host, open, dispose: () => world.stop() }
}

describeStoreContract(
  'the simulated store',
  () => {
    const place = createPlace()
    return { open: () => place.open().client, dispose: place.dispose }
  },
  { describe, it, opensTwice: true },
)

describe('a lease in the simulation', () => {
  const signal = () => new AbortController().signal

  it('is renewed while its holder lives, and falls to the next some time after its death', async () => {
    const place = createPlace()
    const first = place.open()
    const lease = await first.client.lease('grant/a', { ttl: 9_000, signal: signal() })
    await untilElapsed(place.world, 60_000)
    expect(lease.signal.aborted).toBe(false)
    first.process.kill()
    const diedAt = place.world.elapsed
    await place.open().client.lease('grant/a', { ttl: 9_000, signal: signal() })
    expect(place.world.elapsed - diedAt).toBeLessThanOrEqual(9_000 + 200)
    place.dispose()
  })

  it('is lost by a host that sleeps too long, which learns of it on waking', async () => {
    const place = createPlace()
    const sleeper = place.open()
    const lease = await sleeper.client.lease('grant/a', { ttl: 9_000, signal: signal() })
    place.host.sleep(60_000)
    await untilElapsed(place.world, 61_000)
    expect(lease.signal.aborted).toBe(true)
    await expect(sleeper.client.write('grant/a', 1, { lease })).rejects.toMatchObject({ code: 'lease-lost' })
    place.dispose()
  })

  it('a store that fails may have done what it was asked all the same', async () => {
    const place = createPlace()
    const { client } = place.open()
    place.weather.begin({ type: 'failing-store', at: 0, lasts: 1e9, share: 1, host: null, ms: 0 })
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, key) => {
        const told = await client.write(`key ${key}`, 1).catch((error: { code: string }) => error.code)
        return `${told}, ${place.store.peek(`key ${key}`) === null ? 'not done' : 'done'}`
      }),
    )
    expect(new Set(outcomes)).toEqual(new Set(['store-unavailable, done', 'store-unavailable, not done']))
    place.dispose()
  })
})

async function untilElapsed(world: ReturnType<typeof createWorld>, ms: number): Promise<void> {
  while (world.elapsed < ms) await new Promise(setImmediate)
}
