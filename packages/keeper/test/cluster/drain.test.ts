import { expect, it } from 'vitest'
import { openCluster } from './cluster.ts'
import { until } from './until.ts'

it('a replica that goes down finishes the token request under way, saves it, and answers who waits for it', async () => {
  await using cluster = await openCluster({ store: 'redis', lifetime: 900, policy: {}, size: 2 })
  const { fake, replicas, key, ask, post } = cluster
  const [leaving, staying] = replicas
  if (leaving === undefined || staying === undefined) return
  const grant = fake.createGrant()
  expect(await post(leaving, 'anna', grant)).toMatchObject({ status: 201 })
  const caller = await key('token')
  expect(await ask(leaving, caller, '/api/v1/token?account=anna')).toMatchObject({ body: { generation: 1 } })
  fake.fail('slow', { delay: 1_000 })
  const waiting = ask(leaving, caller, '/api/v1/token?account=anna&rejected=1')
  await until('the request is under way', () => fake.openRequests === 1)
  const ended = leaving.drain()
  expect(await waiting).toMatchObject({ status: 200, body: { generation: 2 } })
  expect(await ended).toBe(0)
  expect(await ask(staying, caller, '/api/v1/token?account=anna')).toMatchObject({
    status: 200,
    body: { generation: 2 },
  })
  expect(fake.tokenRequests).toBe(2)
})
