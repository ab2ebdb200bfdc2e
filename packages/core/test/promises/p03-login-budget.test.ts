import { memoryStore, tokenRequestError } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

const MINUTE = 60_000

describe('P3 login budget', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P3 a bot that restarts in a loop with bad credentials stays within three failures in ten minutes', async () => {
    rig.server.always(failures.revoked)
    const store = memoryStore()
    const codes: string[] = []
    for (let restart = 0; restart < 12; restart += 1) {
      // A supervisor that hands out another bad token each time, so that none of them is known dead.
      const session = rig.open({ store, credentials: { clientSecret: 's', refreshToken: `bad-${restart}` } })
      codes.push(await rig.ask(session))
      await session.dispose()
      await rig.clock.advance(1_000)
    }
    expect(rig.server.requests).toHaveLength(3)
    expect(codes.slice(0, 4)).toEqual(['grant-revoked', 'grant-revoked', 'grant-revoked', 'login-budget-spent'])
    await rig.clock.advance(10 * MINUTE)
    await rig.ask(rig.open({ store, credentials: { clientSecret: 's', refreshToken: 'bad-again' } }))
    expect(rig.server.requests).toHaveLength(4)
  })

  it.for([
    ['two hours slow', -120 * MINUTE],
    ['two hours fast', 120 * MINUTE],
  ] as const)('P3 nor do a clock %s and an account for each restart allow more', async ([, skew]) => {
    await rig.close()
    rig = createRig({ skew })
    const store = memoryStore()
    for (let restart = 0; restart < 8; restart += 1) {
      rig.server.always(() => {
        throw tokenRequestError({ ...failures.revoked, date: rig.clock.server.now() })
      })
      const account = restart % 2 === 0 ? 'main' : `account-${restart}`
      const session = rig.open({ store, account, credentials: { refreshToken: `bad-${restart}` } })
      await rig.ask(session)
      await session.dispose()
      await rig.clock.advance(1_000)
    }
    expect(rig.server.requests).toHaveLength(3)
  })

  it('P3 accounts that fail at the same moment share one budget', async () => {
    rig.server.always(failures.revoked)
    const store = memoryStore()
    const callers = Array.from({ length: 20 }, (_, index) =>
      settled(
        rig
          .open({
            store,
            account: `account-${index}`,
            credentials: { clientSecret: 's', refreshToken: `bad-${index}` },
          })
          .getToken(),
      ),
    )
    await rig.clock.advance(31_000)
    expect(rig.server.requests).toHaveLength(3)
    expect(rig.server.peak).toBeLessThanOrEqual(3)
    expect(callers.filter(({ result }) => result === 'grant-revoked')).toHaveLength(3)
    expect(callers.filter(({ result }) => result === 'login-budget-spent')).toHaveLength(17)
  })

  it('P3 healthy accounts are not slowed to the budget for good', async () => {
    const store = memoryStore()
    const callers = Array.from({ length: 40 }, (_, index) =>
      settled(rig.open({ store, account: `account-${index}` }).getToken()),
    )
    await rig.clock.advance(20_000)
    expect(callers.every(({ result }) => result?.startsWith('access-'))).toBe(true)
    expect(rig.server.peak).toBeLessThanOrEqual(3)
  })

  it('P3 a spent budget heals by itself once the window has passed', async () => {
    const store = memoryStore()
    rig.server.next(failures.revoked, failures.revoked, failures.revoked)
    for (let account = 0; account < 3; account += 1) {
      await rig.ask(rig.open({ store, account: `bad-${account}` }))
    }
    const healthy = rig.open({ store, account: 'healthy' })
    expect(await rig.ask(healthy)).toBe('login-budget-spent')
    expect(healthy.getSnapshot()).toMatchObject({ state: 'blocked', reason: 'login-budget-spent' })
    await rig.clock.advance(10 * MINUTE)
    expect(healthy.peekToken()?.value).toBe('access-1')
  })
})
