import { isTokenRequestFailed, secret, type Secret } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { formsOf, visibleText } from '../support/visible-text.ts'
import { signIn } from './browser.ts'
import { beginLogin, finishLogin, type Login } from './code-flow.ts'
import { BOT, createRig, PUBLIC, type Rig } from './rig.ts'

const ADA = { login: 'ada' }

/** A login of which the person has done their part. */
async function signedIn({ server }: Rig): Promise<{ login: Login; callback: URL }> {
  const login = await beginLogin(server, BOT)
  return { login, callback: await signIn(login.url, BOT.redirectUri, ADA) }
}

/** The failure of the token request behind a rejection, which must show none of these secrets. */
async function refusalOf(promise: Promise<unknown>, secrets: readonly (string | Secret | null)[]) {
  const error = await failureOf(promise)
  if (!isTokenRequestFailed(error)) throw new Error(`No token-request-failed: ${String(error)}`)
  const seen = visibleText(error)
  const plain = secrets.map((one) => (typeof one === 'object' ? (one?.reveal() ?? '') : one))
  for (const form of plain.flatMap(formsOf)) expect(seen).not.toContain(form)
  return error.details.failure
}

describe('an authorization code flow with PKCE and state', () => {
  it.each([
    { kind: 'confidential', application: BOT },
    { kind: 'public', application: PUBLIC },
  ])('of a $kind client ends in credentials that a session lives on', async ({ application }) => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials(await rig.login(application))
    const token = await session.getToken()
    expect(token).toMatchObject({ tokenType: 'Bearer', generation: 1, expiresAt: token.issuedAt + 900_000 })
    expect(await rig.userinfo(token)).toBe(200)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', lastFailure: null })
  })

  it('sends the browser away with a challenge, never with the verifier', async () => {
    const { server } = await createRig()
    const { url, state, codeVerifier } = await beginLogin(server, BOT)
    expect(server.metadata.code_challenge_methods_supported).toContain('S256')
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ code_challenge_method: 'S256', state })
    expect(url.href).not.toContain(codeVerifier.reveal())
  })

  it('of a person who does not consent is refused without a token request', async () => {
    const { server, authorization } = await createRig()
    const login = await beginLogin(server, BOT)
    const callback = await signIn(login.url, BOT.redirectUri, { ...ADA, consent: 'cancel' })
    const refusal = await refusalOf(finishLogin(server, BOT, login, callback), [login.codeVerifier])
    expect(refusal).toEqual({
      kind: 'rejected',
      oauthCode: 'access_denied',
      description: 'End-User aborted interaction',
    })
    expect(authorization.tokenRequests).toBe(0)
  })

  it('takes no callback of another login, and spends no code for it', async () => {
    const rig = await createRig()
    const { server, authorization } = rig
    const mine = await beginLogin(server, BOT)
    const { login, callback } = await signedIn(rig)
    const secrets = [mine.codeVerifier, callback.searchParams.get('code')]
    expect(await refusalOf(finishLogin(server, BOT, mine, callback), secrets)).toEqual({
      kind: 'malformed',
      description: 'the callback does not belong to this login',
    })
    expect(authorization.tokenRequests).toBe(0)
    expect((await finishLogin(server, BOT, login, callback)).refreshToken.reveal()).not.toBe('')
  })

  it('with another verifier is refused, and so is a code that nobody redeemed in time', async () => {
    const rig = await createRig()
    const { server, authorization } = rig
    const { login, callback } = await signedIn(rig)
    const stolen = { ...login, codeVerifier: secret('made-up-verifier-of-a-thief-who-saw-the-callback') }
    const secrets = [stolen.codeVerifier, callback.searchParams.get('code'), BOT.clientSecret ?? null]
    const refused = { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }
    expect(await refusalOf(finishLogin(server, BOT, stolen, callback), secrets)).toMatchObject(refused)
    authorization.database.age(61)
    expect(await refusalOf(finishLogin(server, BOT, login, callback), secrets)).toMatchObject(refused)
    expect(authorization.refusals).toEqual([
      'code_verifier does not match code_challenge',
      'authorization code is expired',
    ])
  })

  it('P2 whose code is redeemed twice ends the grant of the first time, and the session is told once', async () => {
    const rig = await createRig()
    const { server, authorization } = rig
    const { login, callback } = await signedIn(rig)
    const session = rig.open()
    await session.setCredentials(await finishLogin(server, BOT, login, callback))
    const token = await session.getToken()
    const secrets = [login.codeVerifier, callback.searchParams.get('code')]
    expect(await refusalOf(finishLogin(server, BOT, login, callback), secrets)).toMatchObject({ status: 400 })
    expect(authorization.refusals).toEqual(['authorization code already consumed'])
    expect(await rig.userinfo(token)).toBe(401)

    const before = authorization.tokenRequests
    await rig.untilNextRequest()
    await failureOf(session.refresh())
    await failureOf(session.refresh())
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
    expect(authorization.tokenRequests - before).toBe(1)
  })
})
