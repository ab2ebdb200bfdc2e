import { memoryStore, secret, type Credentials } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { formsOf, visibleText } from '../support/visible-text.ts'
import { BOT, createRig, OTHER } from './rig.ts'

/** The credentials without their secret, as a public client has them. */
function withoutSecret(credentials: Credentials): Credentials {
  const { clientSecret: _, ...rest } = credentials
  return rest
}

describe('a client that the server does not know', () => {
  it.each([
    { what: 'a wrong secret', wrong: (one: Credentials) => ({ ...one, clientSecret: secret('made-up-mistake') }) },
    { what: 'an unknown client', wrong: (one: Credentials) => ({ ...one, clientId: 'nobody' }) },
    { what: 'no secret where one is due', wrong: withoutSecret },
  ])('P2 $what: client-rejected after one request, and the grant is unharmed', async ({ wrong }) => {
    const rig = await createRig()
    const { authorization } = rig
    const right = await rig.login()
    const bad = wrong(right)
    const session = rig.open({ credentials: bad })
    const before = authorization.tokenRequests
    const error = await failureOf(session.getToken())
    expect(error).toMatchObject({
      code: 'client-rejected',
      cause: { details: { failure: { kind: 'rejected', status: 401, oauthCode: 'invalid_client' } } },
    })
    for (let call = 0; call < 20; call += 1) await failureOf(session.getToken())
    expect(authorization.tokenRequests - before).toBe(1)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'client-rejected' })

    const secrets = [bad.clientSecret, bad.refreshToken].flatMap((one) => (one === undefined ? [] : [one.reveal()]))
    for (const form of secrets.flatMap(formsOf)) expect(visibleText(error)).not.toContain(form)

    await session.setCredentials(right)
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(authorization.revokedGrants).toBe(0)
  })

  it('P3 with a new wrong secret each time is let through three times in ten minutes', async () => {
    const rig = await createRig()
    const right = await rig.login()
    const store = memoryStore()
    const before = rig.authorization.tokenRequests
    const codes: unknown[] = []
    for (const guess of ['one', 'two', 'three', 'four', 'five']) {
      const credentials = { ...right, clientSecret: secret(`made-up-guess-${guess}`) }
      codes.push(await failureOf(rig.open({ store, credentials }).getToken()))
    }
    expect(codes).toMatchObject([
      { code: 'client-rejected' },
      { code: 'client-rejected' },
      { code: 'client-rejected' },
      { code: 'login-budget-spent' },
      { code: 'login-budget-spent' },
    ])
    expect(rig.authorization.tokenRequests - before).toBe(3)
  })

  it('without a name sends nothing', async () => {
    const rig = await createRig()
    const { refreshToken } = await rig.login()
    const session = rig.open({ credentials: { refreshToken } })
    const before = rig.authorization.tokenRequests
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot().lastFailure?.message).toContain('no client id; nothing was sent')
    expect(rig.authorization.tokenRequests).toBe(before)
  })
})

describe('a refresh token that is not this client’s', () => {
  it('P2 is refused as a dead grant is, once; its owner goes on', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const owners = await rig.login(OTHER)
    const session = rig.open({ credentials: { ...BOT_CREDENTIALS, refreshToken: owners.refreshToken } })
    for (let call = 0; call < 20; call += 1) {
      expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    }
    expect(authorization.refusals).toEqual(['client mismatch'])

    const owner = rig.open({ credentials: owners })
    expect(await rig.userinfo(await owner.getToken())).toBe(200)
  })

  it('P2 and neither is one that the server never gave out', async () => {
    const rig = await createRig()
    const session = rig.open({ credentials: { ...BOT_CREDENTIALS, refreshToken: secret('made-up-refresh-token') } })
    const error = await failureOf(session.getToken())
    expect(error).toMatchObject({
      code: 'grant-revoked',
      cause: { details: { failure: { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' } } },
    })
    expect(rig.authorization.refusals).toEqual(['refresh token not found'])
  })
})

const BOT_CREDENTIALS = { clientId: BOT.clientId, clientSecret: BOT.clientSecret }
