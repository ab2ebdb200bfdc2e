import { memoryStore, secret, tokenRequestError, type TokenStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

describe('P8 adopt before despair', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P8 a sibling without lease that was quicker is adopted in place of a death', async () => {
    const shared = memoryStore()
    // A store whose leases keep nobody out: two spend at once, and one of them is refused.
    const leaky = (): TokenStore => ({
      ...shared,
      lease: (key, options) => memoryStore().lease(key, options),
      write: (key, value, { expect: revision } = {}) =>
        shared.write(key, value, revision === undefined ? {} : { expect: revision }),
    })
    const quick = rig.open({ store: leaky() })
    const late = rig.open({ store: leaky() })
    let refuse: () => void = () => undefined
    rig.server.next(
      async () => {
        await new Promise<void>((resolve) => (refuse = resolve))
        throw tokenRequestError(failures.revoked)
      },
      { accessToken: 'of-the-quick' },
    )
    const lateCaller = settled(late.getToken())
    await rig.clock.settle()
    const quickCaller = settled(quick.getToken())
    await rig.clock.settle()
    expect(quickCaller.result ?? 'pending').toBe('of-the-quick')
    refuse()
    await rig.clock.settle()
    expect(lateCaller.result).toBe('of-the-quick')
  })

  it('P8 credentials that changed while the old ones were refused are used at once', async () => {
    let text = 'refresh-old'
    const source = {
      name: 'file',
      read: () => Promise.resolve({ refreshToken: secret(text) }),
    }
    const session = rig.open({ credentials: source })
    rig.server.next(() => {
      text = 'refresh-new'
      throw tokenRequestError(failures.revoked)
    })
    const caller = settled(session.getToken())
    await rig.clock.advance(10)
    expect(caller.result).toBe('access-1')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-old', 'refresh-new'])
  })

  it('P8 a newer token of a sibling is adopted while waiting, without a request', async () => {
    const store = memoryStore()
    const waiting = rig.open({ store })
    rig.server.next({ kind: 'rate-limited', status: 429, retryAfter: 20_000 })
    const caller = settled(waiting.getToken())
    await rig.clock.settle()
    expect(waiting.getSnapshot().state).toBe('backoff')
    const sibling = rig.open({ store })
    const forced = settled(sibling.refresh({ force: true }))
    await rig.clock.settle()
    expect(forced.result).toBe('access-1')
    expect(caller.result).toBe('access-1')
    expect(waiting.getSnapshot().state).toBe('valid')
    expect(rig.server.requests).toHaveLength(2)
  })
})
