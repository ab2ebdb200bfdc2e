import { describe, expect, it } from 'vitest'
import { streamerRig } from './streamer-rig.ts'

describe('without a token', () => {
  it('P4 no connection is made while the session is revoked, though its token lives', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    await rig.revoke()
    expect([rig.session.getSnapshot().state, rig.session.peekToken()?.generation]).toEqual(['revoked', 1])
    // What is open stays open: the token is good still.
    await rig.advance(20_000)
    expect(rig.server.told.at(-1)).toBe('heartbeat Bearer token-1')
    rig.server.drop()
    await rig.until('backoff')
    await rig.clock.advance(1_000)
    await rig.clock.advance(10 * 60_000)
    expect(rig.streamer.getSnapshot()).toMatchObject({ state: 'waiting', lastFailure: { code: 'grant-revoked' } })
    expect(rig.server.connections).toBe(1)

    await rig.mend()
    await rig.until('open')
    expect(rig.server.told.at(-1)).toBe('connect Bearer token-2')
  })

  it('P4 no connection is made while the session is blocked', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.failWith({ kind: 'edge', status: 403 })
    await rig.advance(14 * 60_000)
    await rig.clock.settleUntil(() => rig.session.getSnapshot().state === 'blocked')
    expect(rig.session.peekToken()).not.toBeNull()
    rig.server.drop()
    await rig.until('backoff')
    await rig.clock.advance(30_000)
    expect(rig.streamer.getSnapshot()).toMatchObject({ state: 'waiting', lastFailure: { code: 'edge-refused' } })
    expect(rig.server.connections).toBe(1)
  })

  it('says why it waits, and connects as soon as there is one', async () => {
    const rig = await streamerRig()
    rig.failWith({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })
    await rig.clock.settleUntil(() => rig.streamer.getSnapshot().lastFailure !== null)
    const { state, lastFailure } = rig.streamer.getSnapshot()
    expect([state, lastFailure?.code]).toEqual(['waiting', 'grant-revoked'])
    await rig.clock.advance(60 * 60_000)
    expect([rig.requests(), rig.server.connections]).toEqual([1, 0])
    await rig.mend()
    await rig.until('open')
    expect(rig.streamer.getSnapshot().lastFailure).toBeNull()
  })

  it('P12 keeps the process alive, and asks the session again once a minute', async () => {
    const rig = await streamerRig()
    await rig.session.signOut()
    await rig.clock.settleUntil(() => rig.streamer.getSnapshot().lastFailure?.code === 'signed-out')
    const told = rig.statuses.length
    expect(rig.clock.held).toBe(1)
    await rig.clock.advance(59_999)
    expect(rig.statuses).toHaveLength(told)
    await rig.clock.advance(1)
    expect(rig.statuses).toHaveLength(told + 1)
  })

  it('a heartbeat waits, and goes out with the next', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.failWith({ kind: 'server', status: 503 })
    rig.session.reportRejected(rig.session.peekToken()!)
    await rig.clock.advance(20_000)
    await rig.clock.advance(60_000)
    await rig.quiet()
    expect(rig.server.messages).toHaveLength(1)
    rig.failWith(null)
    await rig.clock.advance(5 * 60_000)
    await rig.quiet()
    expect(rig.server.told[1]).toBe('heartbeat Bearer token-2')
    expect(rig.server.connections).toBe(1)
  })

  it('P14 a sign-out ends the connection, and none is made until somebody logs in', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    await rig.session.signOut()
    await rig.until('backoff')
    expect(rig.streamer.getSnapshot().lastFailure?.code).toBe('signed-out')
    await rig.clock.advance(5 * 60_000)
    expect([rig.streamer.getSnapshot().state, rig.server.connections]).toEqual(['waiting', 1])
    await rig.mend()
    await rig.until('open')
    expect(rig.server.told.at(-1)).toBe('connect Bearer token-2')
  })

  it('P14 new credentials replace the connection', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    await rig.mend()
    await rig.until('backoff')
    expect(rig.streamer.getSnapshot().lastFailure?.code).toBe('credentials-changed')
    await rig.clock.advance(1_000)
    await rig.until('open')
    expect(rig.server.told).toEqual(['connect Bearer token-1', 'connect Bearer token-2'])
  })
})
