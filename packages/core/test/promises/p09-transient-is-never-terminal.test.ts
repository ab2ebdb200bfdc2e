import { memoryStore, type TokenRequestFailure } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

describe('P9 transient is never terminal', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  const transient: readonly TokenRequestFailure[] = [
    { kind: 'rate-limited', status: 429 },
    { kind: 'server', status: 500 },
    { kind: 'server', status: 503, oauthCode: 'invalid_grant' },
    { kind: 'server', status: 408 },
    { kind: 'network' },
    { kind: 'malformed', status: 200 },
    { kind: 'unknown', status: 404 },
    { kind: 'redirect', status: 307 },
    { kind: 'edge', status: 403 },
    { kind: 'timeout' },
    { kind: 'rejected', status: 400, oauthCode: 'invalid_request' },
    { kind: 'rejected', status: 400, oauthCode: 'something_new' },
  ]
  it.each(transient)('P9 $kind $status $oauthCode heals without anybody doing anything', async (failure) => {
    rig.server.next(failure, failure)
    const session = rig.open()
    settled(session.getToken())
    await rig.clock.advance(5 * 60_000)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', usable: true })
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-1', 'refresh-1'])
  })

  it('P9 a provider that throws something of its own is transient too', async () => {
    rig.server.next(() => {
      throw new TypeError('a bug of the provider, quoting refresh-1')
    })
    const session = rig.open()
    const caller = settled(session.getToken())
    await rig.clock.advance(2_000)
    expect(caller.result).toBe('access-1')
  })

  it('P9 Retry-After is honoured: one 429 costs one request, also over a restart', async () => {
    rig.server.next({ kind: 'rate-limited', status: 429, retryAfter: 60_000 })
    const store = memoryStore()
    const session = rig.open({ store })
    for (let call = 0; call < 20; call += 1) expect(await rig.ask(session)).toBe('token-unavailable')
    await session.dispose()
    const restarted = rig.open({ store })
    expect(await rig.ask(restarted)).toBe('token-unavailable')
    await rig.clock.advance(59_000)
    expect(rig.server.requests).toHaveLength(1)
    await rig.clock.advance(1_000)
    expect(rig.server.requests).toHaveLength(2)
    expect(restarted.peekToken()?.value).toBe('access-1')
  })

  it('P9 failures are spaced by a growing pause, without an end', async () => {
    rig.server.always(failures.unavailable)
    const session = rig.open()
    settled(session.getToken())
    await rig.clock.advance(24 * 3_600_000)
    const inADay = rig.server.requests.length
    expect(inADay).toBeGreaterThan(200)
    expect(inADay).toBeLessThan(1_000)
    rig.server.always(null)
    await rig.clock.advance(300_000)
    expect(session.getSnapshot().state).toBe('valid')
  })

  it('P9 a caller is told at once when the retry lies beyond its patience', async () => {
    rig.server.next({ kind: 'rate-limited', status: 429, retryAfter: 31_000 })
    const session = rig.open()
    const caller = settled(session.getToken())
    await rig.clock.settle()
    expect(caller.result).toBe('token-unavailable')
    const patient = settled(session.getToken({ maxWait: 40_000 }))
    await rig.clock.advance(32_000)
    expect(patient.result).toBe('access-1')
  })
})
