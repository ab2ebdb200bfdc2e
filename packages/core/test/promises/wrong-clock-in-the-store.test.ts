import { createSession, memoryStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyGrant, emptyLedger } from '../../src/records/record.ts'
import { createRig, settled } from './rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('times that a wrong clock left in the store', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P15 failed logins a month ahead block for their window, not for the month', async () => {
    const store = memoryStore()
    const ahead = rig.clock.now() + 30 * DAY
    await store.write('issuer/https://server.test', { ...emptyLedger(), failures: [ahead, ahead, ahead] })
    const session = rig.open({ store })
    expect(await rig.ask(session)).toBe('login-budget-spent')
    await rig.clock.advance(11 * MINUTE)
    expect(session.peekToken()?.value).toBe('access-1')
  })

  it('P15 a block a month ahead lasts as long as any block', async () => {
    const store = memoryStore()
    const since = rig.clock.now() + 30 * DAY
    const block = { reason: 'ip-block-suspected', since, until: since + 8 * HOUR, probes: 0, claim: null }
    await store.write('issuer/https://server.test', { ...emptyLedger(), block })
    rig.server.reach(false)
    const session = rig.open({ store })
    expect(await rig.ask(session)).toBe('ip-block-suspected')
    await rig.clock.advance(8 * HOUR + MINUTE)
    expect(session.peekToken()?.value).toBe('access-1')
  })

  it('P15 a claim of the half-open attempt a year ahead is nobody’s', async () => {
    const store = memoryStore()
    const now = rig.clock.now()
    const claim = { id: 'somebody', until: now + 365 * DAY }
    const block = { reason: 'ip-block-suspected', since: now, until: now + HOUR, probes: 0, claim }
    await store.write('issuer/https://server.test', { ...emptyLedger(), block })
    const session = rig.open({ store })
    await rig.ask(session)
    await rig.clock.advance(2 * HOUR)
    expect(session.peekToken()).not.toBeNull()
  })

  it('P15 a cool-down a month ahead is not believed', async () => {
    const store = memoryStore()
    const credentials = { clientSecret: 'secret-1', refreshToken: 'refresh-1' }
    await store.write('grant/default', { ...emptyGrant(), credentials, retryAt: rig.clock.now() + 30 * DAY })
    expect(await rig.ask(rig.open({ store, credentials: undefined }))).toBe('access-1')
  })

  it('P15 a grant dated by a clock two hours fast, from a server without Date, does not stop the next', async () => {
    const store = memoryStore()
    let issued = 0
    const provider = {
      issuer: 'https://server.test',
      requestToken: async () => ({ accessToken: `access-${(issued += 1)}`, expiresIn: 900 }),
    }
    const credentials = { clientSecret: 'secret-1', refreshToken: 'refresh-1' }
    const first = createSession({ provider, credentials, store, clock: new VirtualClock({ skew: 2 * HOUR }) })
    await first.getToken()
    await first.dispose()
    const clock = new VirtualClock()
    const second = createSession({ provider, credentials, store, clock })
    const asked = settled(second.getToken())
    await clock.settle()
    expect(asked.result).toBe('access-2')
    await second.dispose()
  })
})
