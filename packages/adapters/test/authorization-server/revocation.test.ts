import { secret } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { BOT, createRig } from './rig.ts'

const DAY = 86_400_000

describe('a grant revoked at the server (RFC 7009)', () => {
  it('P14 by signing out: the newest refresh token is named, and its access token dies with it', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const session = rig.open()
    await session.setCredentials(await rig.login())
    await session.getToken()
    await rig.nextLifetime(session)
    const token = await session.getToken()
    await session.signOut({ revoke: true })

    expect(authorization.revokedGrants).toBe(1)
    expect(authorization.database.all('RefreshToken')).toEqual([])
    expect(await rig.userinfo(token)).toBe(401)
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', reason: 'signed-out', usable: false })

    const before = authorization.tokenRequests
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'signed-out' })
    await rig.pass(DAY)
    expect(authorization.tokenRequests).toBe(before)
    await session.setCredentials(await rig.login())
    expect(await rig.userinfo(await session.getToken())).toBe(200)
  })

  it('is not what signing out does by itself: the grant lives on at the server', async () => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials(await rig.login())
    const token = await session.getToken()
    await session.signOut()
    expect(session.peekToken()).toBeNull()
    expect(rig.authorization.revokedGrants).toBe(0)
    expect(await rig.userinfo(token)).toBe(200)
  })

  it('P14 cannot be revoked with a wrong secret, which is said; signed out it is all the same', async () => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials({ ...(await rig.login()), clientSecret: secret('not-the-secret') })
    expect(await failureOf(session.signOut({ revoke: true }))).toMatchObject({
      code: 'token-request-failed',
      details: { failure: { kind: 'rejected', status: 401, oauthCode: 'invalid_client' } },
    })
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', reason: 'signed-out' })
    expect(rig.authorization.revokedGrants).toBe(0)
  })

  it('P2 by somebody else is heard of at the next refresh: one refused request, then none', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const session = rig.open()
    await session.setCredentials(await rig.login())
    const token = await session.getToken()
    const refreshToken = secret(authorization.database.all('RefreshToken').at(-1)?.jti ?? '')
    expect(await rig.stranger('token/revocation', { ...BOT, refreshToken })).toBe(200)
    expect(await rig.userinfo(token)).toBe(401)
    // Nobody has told the session, so it serves what it has.
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', usable: true })

    const before = authorization.tokenRequests
    await rig.pass((session.getSnapshot().refreshAt ?? 0) - rig.clock.time)
    await rig.clock.settleUntil(() => session.getSnapshot().state === 'revoked')
    expect(session.getSnapshot()).toMatchObject({ reason: 'grant-revoked' })
    expect(authorization.refusals).toEqual(['refresh token not found'])
    await rig.pass(DAY)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(authorization.tokenRequests - before).toBe(1)
  })
})
