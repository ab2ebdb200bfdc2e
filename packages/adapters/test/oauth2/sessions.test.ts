import { join } from 'node:path'
import { createSession, memoryStore, type SessionOptions } from '@evergrant/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { fileStore } from '../../src/file.ts'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { signIn } from '../authorization-server/browser.ts'
import { BOT, createRig, type Rig } from '../authorization-server/rig.ts'
import { failureOf } from '../support/failure-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const LIFETIMES = 5
const DAY = 86_400_000

/** A session of this provider at the authorization server of a rig, of somebody who has just signed in. */
async function live(rig: Rig, more: Partial<OAuth2Options> = {}, sessionOptions: Partial<SessionOptions> = {}) {
  const { clientId, clientSecret, redirectUri } = BOT
  const provider = oauth2({ issuer: rig.authorization.issuer, clientId, clientSecret, ...more })
  const login = await provider.beginLogin({
    redirectUri,
    scope: 'openid offline_access',
    additionalParameters: { prompt: 'consent' },
  })
  const { credentials } = await login.finish(await signIn(login.url, redirectUri, { login: 'ada' }))
  // A wait that is drawn as none would be over before a test can look.
  const session = createSession({ provider, clock: rig.clock, credentials, random: () => 0.5, ...sessionOptions })
  onTestFinished(() => session.dispose())
  return { session, credentials, provider }
}

describe('a session at a server that rotates strictly', () => {
  it.each([
    { name: 'memory', makeStore: () => memoryStore() },
    { name: 'a file', makeStore: () => fileStore(join(temporaryFolder(), '.secrets')) },
  ])('P7 lives over several lifetimes in $name, with one request each and no refusal', async ({ makeStore }) => {
    const rig = await createRig()
    const { session } = await live(rig, {}, { store: makeStore() })
    const values = new Set([(await session.getToken()).value])
    for (let lifetime = 1; lifetime < LIFETIMES; lifetime += 1) {
      await rig.nextLifetime(session)
      values.add((await session.getToken()).value)
    }
    expect(values.size).toBe(LIFETIMES)
    expect(rig.authorization.tokenRequests).toBe(1 + LIFETIMES)
    expect(rig.authorization.refusals).toEqual([])
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: LIFETIMES, lastFailure: null })
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(await (await bearerFetch(session)(`${rig.authorization.issuer}/me`)).json()).toEqual({ sub: 'ada' })
  })

  it('P1 shares one grant with another on its store, and neither sends a spent token', async () => {
    const rig = await createRig()
    const path = join(temporaryFolder(), '.secrets')
    const options = () => ({ store: fileStore(path), sharing: 'host' }) as const
    const { session: first, credentials, provider } = await live(rig, {}, options())
    const second = createSession({ provider, clock: rig.clock, credentials, ...options() })
    onTestFinished(() => second.dispose())
    await Promise.all([first.getToken(), second.getToken()])
    expect(rig.authorization.tokenRequests).toBe(2)
    await rig.untilNextRequest()
    const { generation } = await second.refresh()
    await rig.clock.settleUntil(() => first.getSnapshot().generation === generation)
    expect(first.peekToken()?.value).toBe(second.peekToken()?.value)
    expect(rig.authorization.refusals).toEqual([])
  })

  it('P2 is told of a thief by the reuse of a token, once, and stays quiet over a restart', async () => {
    const rig = await createRig()
    const store = memoryStore()
    const { session, credentials, provider } = await live(rig, {}, { store })
    const token = await session.getToken()
    expect(await rig.stranger('token', { ...BOT, refreshToken: credentials.refreshToken })).toBe(400)
    expect(await rig.userinfo(token)).toBe(401)
    const before = rig.authorization.tokenRequests
    await rig.untilNextRequest()
    session.reportRejected(token)
    expect(await failureOf(session.getToken())).toMatchObject({
      code: 'grant-revoked',
      help: expect.stringContaining('beginLogin'),
    })
    await rig.pass(DAY)
    const restarted = createSession({ provider, clock: rig.clock, store, credentials })
    onTestFinished(() => restarted.dispose())
    expect(await failureOf(restarted.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(rig.authorization.tokenRequests - before).toBe(1)
  })

  it('P7 tells a lost answer apart, though the server says the same', async () => {
    const rig = await createRig()
    let losing = false
    const { session } = await live(rig, {
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (!losing) return response
        losing = false
        await response.body?.cancel()
        throw new TypeError('fetch failed')
      },
    })
    await session.getToken()
    losing = true
    await rig.pass((session.getSnapshot().refreshAt ?? 0) - rig.clock.time)
    await rig.clock.settleUntil(() => session.getSnapshot().attempts === 1)
    await rig.pass((session.getSnapshot().retryAt ?? 0) - rig.clock.time)
    await rig.clock.settleUntil(() => session.getSnapshot().state === 'revoked')
    expect(session.getSnapshot()).toMatchObject({ reason: 'rotation-lost' })
    expect(rig.authorization.refusals).toEqual(['refresh token already used'])
  })

  it('P14 ends its grant at the server when somebody signs out', async () => {
    const rig = await createRig()
    const { session } = await live(rig)
    await session.getToken()
    await rig.nextLifetime(session)
    const token = await session.getToken()
    await session.signOut({ revoke: true })
    expect(rig.authorization.revokedGrants).toBe(1)
    expect(rig.authorization.database.all('RefreshToken')).toEqual([])
    expect(await rig.userinfo(token)).toBe(401)
  })
})
