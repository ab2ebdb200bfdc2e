import { describe, expect, it } from 'vitest'
import { signIn } from '../authorization-server/browser.ts'
import { createRig, REDIRECT_URI, SCOPE, type Rig } from './rig.ts'

/** A person logs in on a page of the application's own making, and the code comes back. */
async function logIn(rig: Rig, clientId: string): Promise<string> {
  const parameters = { client_id: clientId, redirect_uri: REDIRECT_URI, response_type: 'code', scope: SCOPE }
  const url = new URL(`${rig.server.issuer}/auth?${new URLSearchParams({ ...parameters, prompt: 'consent' })}`)
  return (await signIn(url, REDIRECT_URI, { login: 'ada' })).searchParams.get('code') ?? ''
}

const options = { grant: 'authorization_code', redirectUri: REDIRECT_URI, scope: undefined } as const

describe('a session that lives on codes', () => {
  it.each(['basic', 'post', 'signs'] as const)('of a client that is %s has one token for each', async (name) => {
    const rig = await createRig({ requirePkce: false })
    const provider = await rig.provider(name, options)
    const session = rig.open(provider, { refreshToken: await logIn(rig, name) })
    const first = await session.getToken()
    expect(await rig.userinfo(first.authorization)).toBe(200)
    await session.setCredentials({ refreshToken: await logIn(rig, name) })
    const second = await session.getToken()
    expect(await rig.userinfo(second.authorization)).toBe(200)
    expect([first.generation, second.generation, rig.server.count('/token')]).toEqual([1, 2, 2])
  })

  it('P2 does not spend one twice, and has no use for the refresh token that comes along', async () => {
    const rig = await createRig({ requirePkce: false })
    const session = rig.open(await rig.provider('basic', options), { refreshToken: await logIn(rig, 'basic') })
    session.reportRejected(await session.getToken())
    await expect(session.getToken()).rejects.toMatchObject({ code: 'login-expired' })
    expect(session.getSnapshot().lastFailure?.help).toContain('setCredentials({ refreshToken: code })')
    expect(rig.server.count('/token')).toBe(1)
    expect(rig.server.refusals).toEqual([])
  })

  it('P2 stays quiet once the server has refused one', async () => {
    const rig = await createRig({ requirePkce: false })
    const session = rig.open(await rig.provider('basic', options), { refreshToken: 'made-up-code' })
    await expect(session.getToken()).rejects.toMatchObject({ code: 'grant-revoked' })
    await expect(session.getToken()).rejects.toMatchObject({ code: 'grant-revoked' })
    expect(rig.server.count('/token')).toBe(1)
  })
})
