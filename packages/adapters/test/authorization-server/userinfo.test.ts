import { bearerFetch } from '@evergrant/adapters/fetch'
import { secret } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { BOT, createRig } from './rig.ts'

const CALLERS = 40

describe('what the access token is worth at the API of the server', () => {
  it('says who signed in, through the HTTP adapter', async () => {
    const rig = await createRig()
    const session = rig.open({ credentials: await rig.login() })
    const response = await bearerFetch(session)(rig.server.metadata.userinfo_endpoint ?? '')
    expect(await response.json()).toEqual({ sub: 'ada' })
  })

  it('P10 an access token that died alone costs one refresh for all callers, and nobody fails', async () => {
    const rig = await createRig()
    const session = rig.open({ credentials: await rig.login() })
    const call = bearerFetch(session)
    const first = await session.getToken()
    await rig.untilNextRequest()
    rig.authorization.database.drop('AccessToken')
    const before = rig.authorization.tokenRequests
    const calls = Array.from({ length: CALLERS }, async () => {
      const response = await call(rig.server.metadata.userinfo_endpoint ?? '')
      await response.text()
      return response.status
    })
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
    await rig.untilNextRequest()
    for (let late = 0; late < CALLERS; late += 1) session.reportRejected(first)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: 2 })
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(rig.authorization.tokenRequests - before).toBe(1)
  })

  it('P10 the 401 after a revocation costs one refresh, which tells the truth; later ones cost nothing', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const session = rig.open({ credentials: await rig.login() })
    const token = await session.getToken()
    await rig.stranger('token/revocation', { ...BOT, refreshToken: secret(token.value) })
    expect(await rig.userinfo(token)).toBe(401)
    expect(session.peekToken()).toBe(token)

    const before = authorization.tokenRequests
    await rig.untilNextRequest()
    session.reportRejected(token)
    expect(session.peekToken()).toBeNull()
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    for (let call = 0; call < CALLERS; call += 1) session.reportRejected(token)
    await rig.pass(86_400_000)
    expect(authorization.tokenRequests - before).toBe(1)
    expect(authorization.refusals).toEqual(['refresh token not found'])
  })
})
