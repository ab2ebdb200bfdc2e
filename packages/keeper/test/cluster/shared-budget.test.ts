import { expect, it } from 'vitest'
import { openCluster, type Answer } from './cluster.ts'
import { until } from './until.ts'

const PATIENCE = 120_000
const DEAD = ['bert', 'cora', 'dirk', 'emma', 'fred']
const BUDGET = 3

it(
  'P3 five dead grants, asked for at three replicas at once, cost no more than the budget of one',
  { timeout: PATIENCE },
  async () => {
    await using cluster = await openCluster({ store: 'postgres', lifetime: 900, policy: { loginBudget: BUDGET } })
    const { fake, replicas, key, ask, post } = cluster
    const [first] = replicas
    if (first === undefined) return
    expect(await post(first, 'anna', fake.createGrant())).toMatchObject({ status: 201 })
    for (const account of DEAD) {
      const grant = fake.createGrant()
      fake.revokeGrant(grant.refreshToken)
      expect(await post(first, account, grant, true)).toMatchObject({ status: 202 })
    }
    const caller = await key('token')
    const askAll = (): Promise<readonly Answer[]> =>
      Promise.all(
        replicas.flatMap((replica) => DEAD.map((account) => ask(replica, caller, `/api/v1/token?account=${account}`))),
      )

    await askAll()
    expect(fake.failedLogins).toBe(BUDGET)
    const sent = fake.tokenRequests
    const answers = await askAll()
    expect(fake.tokenRequests).toBe(sent)
    const revoked = answers.filter(({ body }) => body['code'] === 'grant-revoked')
    expect(new Set(revoked.map(({ body }) => body['account'])).size).toBe(BUDGET)
    // A replica that was held up before it knew says so.
    const held = answers.filter((answer) => !revoked.includes(answer))
    expect(held.map(({ status, body }) => `${status} ${String(body['code'])}`)).toEqual(
      held.map(() => '503 login-budget-spent'),
    )
    expect(held.every(({ headers }) => Number(headers.get('retry-after')) > 60)).toBe(true)
    // What lives is given out all the same.
    for (const replica of replicas)
      expect(await ask(replica, caller, '/api/v1/token?account=anna')).toMatchObject({ status: 200 })
    expect(fake.tokenRequests).toBe(sent)
  },
)

it(
  'P4 a blocked address is left alone: no credential leaves, and each replica asks once whether it is over',
  { timeout: PATIENCE },
  async () => {
    const policy = { requestTimeout: 500, silencesAlone: BUDGET, backoffBase: 50, backoffCap: 100 }
    const probing = { probeAfter: [2_000], probeInterval: 3_600_000 }
    await using cluster = await openCluster({
      store: 'redis',
      lifetime: 900,
      policy: { ...policy, ...probing },
      size: 2,
    })
    const { fake, replicas, key, ask, post } = cluster
    const [first] = replicas
    if (first === undefined) return
    const accounts = ['anna', 'bert', 'cora']
    for (const account of accounts) {
      expect(await post(first, account, fake.createGrant(), true)).toMatchObject({ status: 202 })
    }
    const caller = await key('token')
    const probes = () => fake.count({ kind: 'api', credential: false })

    fake.block()
    const asked = replicas.flatMap((replica) =>
      accounts.map((account) => ask(replica, caller, `/api/v1/token?account=${account}`)),
    )
    const answers = await Promise.all(asked)
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
    expect(answers.map(({ body }) => body['code'])).toEqual(answers.map(() => 'ip-block-suspected'))
    const sent = fake.count({ credential: true })
    // As many as show the block, and those that were under way by then.
    expect(sent).toBeLessThanOrEqual(BUDGET + BUDGET - 1)
    await until('every replica has asked', () => probes() >= replicas.length)
    expect([fake.count({ credential: true }), probes()]).toEqual([sent, replicas.length])
  },
)
