import { memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { describeStoreContract } from '../../testing/src/store-contract.ts'

describeStoreContract('memoryStore', () => ({ open: memoryStore }), { describe, it })

describe('memoryStore', () => {
  it('says that it reaches no further than this process', () => {
    expect(memoryStore().sharing).toBe('process')
  })

  it('shares nothing with another one', async () => {
    const [store, other] = [memoryStore(), memoryStore()]
    await store.write('grant/main', 1)
    expect(await other.read('grant/main')).toBeNull()
    const options = { ttl: 1_000, signal: new AbortController().signal }
    await Promise.all([store.lease('grant/main', options), other.lease('grant/main', options)])
  })

  it('P1 gives a lease to those who wait in the order in which they came', async () => {
    const store = memoryStore()
    const options = { ttl: 1_000, signal: new AbortController().signal }
    const order: string[] = []
    const work = async (name: string) => {
      const lease = await store.lease('grant/main', options)
      order.push(name)
      await lease.release()
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(work))
    expect(order).toEqual(['a', 'b', 'c', 'd'])
  })
})
