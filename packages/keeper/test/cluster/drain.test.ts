import { expect, it } from 'vitest'
import { openCluster } from './cluster.ts'
import type { Replica } from './replica.ts'
import { until } from './until.ts'

it('a replica that goes down finishes the token requests under way, whether anybody waits for them or not', async () => {
  await using cluster = await openCluster({ store: 'redis', lifetime: 900, policy: { floor: 0 }, size: 2 })
  const { fake, replicas, key, ask, post } = cluster
  const [leaving, staying] = replicas
  if (leaving === undefined || staying === undefined) return
  const caller = await key('token')
  const token = (replica: Replica, account: string, wish = '', signal: AbortSignal | null = null) =>
    ask(replica, caller, `/api/v1/token?account=${account}${wish}`, { signal })
  for (const account of ['anna', 'bert']) {
    expect(await post(leaving, account, fake.createGrant())).toMatchObject({ status: 201 })
    expect(await token(leaving, account)).toMatchObject({ body: { generation: 1 } })
  }

  // The one that nobody waits for is the longer one.
  fake.fail('slow', { delay: 500 })
  fake.fail('slow', { delay: 1_500 })
  const waiting = token(leaving, 'anna', '&rejected=1')
  await until('one request is under way', () => fake.tokenRequests === 3)
  const gone = new AbortController()
  const left = token(leaving, 'bert', '&rejected=1', gone.signal)
  await until('both requests are under way', () => fake.tokenRequests === 4)
  gone.abort()
  await expect(left).rejects.toMatchObject({ name: 'AbortError' })
  const ended = leaving.drain()
  expect(await waiting).toMatchObject({ status: 200, body: { generation: 2 } })
  expect(await ended).toBe(0)
  for (const account of ['anna', 'bert']) {
    expect(await token(staying, account)).toMatchObject({ status: 200, body: { generation: 2 } })
  }
  expect(fake.tokenRequests).toBe(4)
})
