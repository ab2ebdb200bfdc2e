import { createSession, memoryStore, type TokenSession, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Two machines on one store, of which the second has another time. */
function createHosts(shared: Partial<TokenStore>, skew: number) {
  const rig = createRig()
  const store: TokenStore = { ...memoryStore(), ...shared }
  const there = new VirtualClock({ skew })
  const open = (account: string, clock: VirtualClock): TokenSession =>
    createSession({
      provider: rig.server.provider,
      credentials: { clientSecret: 'secret-1', refreshToken: `refresh of ${account}` },
      clock,
      store,
      account,
      random: () => 0.5,
    })
  return {
    rig,
    here: (account: string) => open(account, rig.clock),
    there: (account: string) => open(account, there),
    async ask(session: TokenSession) {
      const asked = settled(session.getToken())
      await rig.clock.settle()
      await there.settle()
      return asked.result
    },
  }
}

async function spendBudget(hosts: ReturnType<typeof createHosts>): Promise<void> {
  hosts.rig.server.next(failures.revoked, failures.revoked, failures.revoked)
  for (const account of ['a', 'b', 'c']) expect(await hosts.ask(hosts.here(account))).toBe('grant-revoked')
}

describe('hosts whose clocks are wrong, before the server has told them the time', () => {
  it.for([2 * HOUR, -2 * HOUR])('P3 a host that is off by %i ms takes the time of the store', async (skew) => {
    const hosts = createHosts({ sharing: 'network', time: async () => hosts.rig.clock.server.now() }, skew)
    await spendBudget(hosts)
    expect(await hosts.ask(hosts.there('d'))).toBe('login-budget-spent')
    expect(await hosts.ask(hosts.here('e'))).toBe('login-budget-spent')
  })

  it('P3 a process whose clock is behind does not void the budget of the others', async () => {
    const hosts = createHosts({ sharing: 'host' }, -2 * HOUR)
    await spendBudget(hosts)
    expect(await hosts.ask(hosts.there('d'))).toBe('login-budget-spent')
    expect(await hosts.ask(hosts.here('e'))).toBe('login-budget-spent')
  })

  it('P5 a host that hears of a token before it could ask for the time takes the time first', async () => {
    let reachable = false
    const time = async () => {
      if (!reachable) throw new Error('cut off')
      return hosts.rig.clock.server.now()
    }
    const hosts = createHosts({ sharing: 'network', time }, -30_000)
    const behind = hosts.there('a')
    await hosts.ask(behind)
    expect(behind.getSnapshot().state).toBe('backoff')
    reachable = true
    expect(await hosts.ask(hosts.here('a'))).toBe('access-1')
    const { usable, expiresAt } = behind.getSnapshot()
    expect(usable).toBe(true)
    // Half a minute is what its own clock is behind; the token lives for a quarter of an hour.
    expect((expiresAt ?? 0) - (hosts.rig.clock.now() - 30_000)).toBe(900_000)
  })

  it('P15 a wait that was asked for while the clock was two hours fast is not waited for two hours', async () => {
    const rig = createRig({ skew: 2 * HOUR })
    const store = memoryStore()
    rig.server.next({ kind: 'server', status: 503, retryAfter: MINUTE })
    await rig.ask(rig.open({ store }), { maxWait: 0 })
    await rig.close()
    rig.clock.setBack(2 * HOUR)
    expect(await rig.ask(rig.open({ store }))).toBe('access-1')
    await rig.close()
  })

  it('P15 a wait is waited for in the next process too', async () => {
    const rig = createRig()
    const store = memoryStore()
    rig.server.next({ kind: 'server', status: 503, retryAfter: HOUR })
    await rig.ask(rig.open({ store }), { maxWait: 0 })
    await rig.close()
    expect(await rig.ask(rig.open({ store }))).toBe('token-unavailable')
    expect(rig.server.requests).toHaveLength(1)
    await rig.close()
  })
})

describe('the clock of one host, set between the beginnings of two processes', () => {
  it('P15 what one process has learnt of the server’s time serves a process that began before', async () => {
    const rig = createRig()
    const store = memoryStore()
    const before = rig.open({ store })
    rig.clock.setForward(10 * MINUTE)
    const after = rig.open({ store })
    expect(await rig.ask(after)).toBe('access-1')
    expect(await rig.ask(before)).toBe('access-1')
    expect(rig.server.requests).toHaveLength(1)
    await rig.close()
  })
})
