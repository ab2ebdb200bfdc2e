import { isTokenRequestFailed } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { oauth2, type CodeLogin } from '../../src/oauth2.ts'
import { signIn } from '../authorization-server/browser.ts'
import { failureOf } from '../support/failure-of.ts'
import { loopback } from '../support/loopback.ts'
import { formsOf, visibleText } from '../support/visible-text.ts'
import { AUTHENTICATIONS, CLIENT_SECRET, createRig, REDIRECT_URI, revealed, SCOPE, type Rig } from './rig.ts'

const ADA = { login: 'ada' }
const OPTIONS = { redirectUri: REDIRECT_URI, scope: SCOPE, additionalParameters: { prompt: 'consent' } }

/** A login of which the person has done their part. */
async function signedIn(rig: Rig): Promise<{ login: CodeLogin; callback: URL }> {
  const login = await (await rig.provider()).beginLogin(OPTIONS)
  return { login, callback: await signIn(login.url, REDIRECT_URI, ADA) }
}

/** The failure behind a rejection, which must show none of these secrets. */
async function refusalOf(promise: Promise<unknown>, secrets: readonly (string | null)[]) {
  const error = await failureOf(promise)
  if (!isTokenRequestFailed(error)) throw new Error(`No token-request-failed: ${String(error)}`)
  for (const form of secrets.flatMap((text) => formsOf(text ?? 'none'))) expect(visibleText(error)).not.toContain(form)
  return error.details.failure
}

function changed(callback: URL, name: string, value: string | null): URL {
  const other = new URL(callback)
  if (value === null) other.searchParams.delete(name)
  else other.searchParams.set(name, value)
  return other
}

describe('an authorization code flow with PKCE', () => {
  it.each(AUTHENTICATIONS)('of a client that is %s ends in credentials that a session lives on', async (name) => {
    const rig = await createRig()
    const provider = await rig.provider(name)
    const { credentials, response } = await rig.login(provider)
    expect(await rig.userinfo(`Bearer ${revealed(response.accessToken)}`)).toBe(200)
    expect(response).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, scope: SCOPE })
    expect(credentials.clientId).toBe(name)
    // A session stands on these alone: where the options go is not known to its store.
    const session = rig.open(await rig.provider(name, { clientSecret: undefined }), {})
    await session.setCredentials(credentials)
    expect(await rig.userinfo((await session.getToken()).authorization)).toBe(200)
  })

  it('comes back to any port of this machine (RFC 8252), where the address is only known from its path on', async () => {
    const rig = await createRig()
    const provider = await rig.provider('public')
    await using listener = await loopback((_request, response) => response.end('You can close this window.'))
    const redirectUri = `${listener.url}/callback`
    const login = await provider.beginLogin({ ...OPTIONS, redirectUri })
    await (await fetch(await signIn(login.url, redirectUri, ADA))).text()
    const { credentials } = await login.finish(listener.received[0]?.path ?? '')
    expect((await rig.open(provider, credentials).getToken()).generation).toBe(1)
  })

  it('sends the browser away with a challenge and a state, and with nothing that is secret', async () => {
    const rig = await createRig()
    const provider = await rig.provider()
    const [first, second] = [await provider.beginLogin(OPTIONS), await provider.beginLogin(OPTIONS)]
    expect(Object.fromEntries(first.url.searchParams)).toEqual({
      client_id: 'basic',
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: SCOPE,
      state: first.state,
      prompt: 'consent',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    expect(first.url.href).not.toContain(CLIENT_SECRET)
    expect(second.state).not.toBe(first.state)
    expect(second.url.searchParams.get('code_challenge')).not.toBe(first.url.searchParams.get('code_challenge'))
  })

  it('of a person who does not consent is refused without a token request', async () => {
    const rig = await createRig()
    const login = await (await rig.provider()).beginLogin(OPTIONS)
    const callback = await signIn(login.url, REDIRECT_URI, { ...ADA, consent: 'cancel' })
    expect(await refusalOf(login.finish(callback), [CLIENT_SECRET])).toEqual({
      kind: 'rejected',
      oauthCode: 'access_denied',
      description: 'End-User aborted interaction',
    })
    expect(rig.server.count('/token')).toBe(0)
  })

  it.each([
    { what: 'a state of another login', change: (url: URL) => changed(url, 'state', 'made-up-state') },
    { what: 'no state', change: (url: URL) => changed(url, 'state', null) },
    {
      what: 'an issuer of another name (RFC 9207)',
      change: (url: URL) => changed(url, 'iss', 'https://evil.test'),
      says: 'the callback names another issuer',
    },
    { what: 'no code', change: (url: URL) => changed(url, 'code', null) },
    { what: 'no issuer, from a server that names itself', change: (url: URL) => changed(url, 'iss', null) },
  ])('takes no callback with $what, and spends no code for it', async ({ change, says }) => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    expect(await refusalOf(login.finish(change(callback)), [callback.searchParams.get('code')])).toEqual({
      kind: 'malformed',
      description: says ?? 'the callback does not belong to this login',
    })
    expect(rig.server.count('/token')).toBe(0)
    expect((await login.finish(callback)).credentials.clientId).toBe('basic')
  })

  it('is proved by the verifier: a thief who saw the callback has no use for the code', async () => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    const thief = await (await rig.provider()).beginLogin(OPTIONS)
    const secrets = [callback.searchParams.get('code'), CLIENT_SECRET]
    expect(await refusalOf(thief.finish(changed(callback, 'state', thief.state)), secrets)).toMatchObject({
      kind: 'rejected',
      status: 400,
      oauthCode: 'invalid_grant',
    })
    expect(rig.server.refusals).toEqual(['code_verifier does not match code_challenge'])
    expect((await login.finish(callback)).credentials.clientId).toBe('basic')
  })

  it('whose code nobody redeemed in time is refused', async () => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    rig.server.database.age(61)
    const refusal = await refusalOf(login.finish(callback), [callback.searchParams.get('code')])
    expect(refusal).toMatchObject({ kind: 'rejected', oauthCode: 'invalid_grant' })
    expect(rig.server.refusals).toEqual(['authorization code is expired'])
  })

  it('P2 spends its code once, since a server that sees it twice ends the grant', async () => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    const both = [login.finish(callback), login.finish(callback)]
    expect(await failureOf(both[1] ?? Promise.resolve())).toMatchObject({ code: 'invalid-options' })
    const { response } = (await both[0]) ?? {}
    expect(await failureOf(login.finish(callback))).toMatchObject({ code: 'invalid-options' })
    expect(rig.server.count('/token')).toBe(1)
    expect(await rig.userinfo(`Bearer ${revealed(response?.accessToken)}`)).toBe(200)
  })

  it('may be finished again after the server was in trouble', async () => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    rig.server.instead = (_request, response) => response.writeHead(503).end()
    expect(await refusalOf(login.finish(callback), [])).toMatchObject({ kind: 'server', status: 503 })
    rig.server.instead = null
    expect((await login.finish(callback)).credentials.clientId).toBe('basic')
  })

  it('without a refresh token at its end says how to get one', async () => {
    const rig = await createRig()
    const login = await (await rig.provider()).beginLogin({ redirectUri: REDIRECT_URI, scope: 'openid' })
    const error = await failureOf(login.finish(await signIn(login.url, REDIRECT_URI, ADA)))
    expect(error).toMatchObject({
      code: 'token-request-failed',
      help: expect.stringContaining('offline_access'),
      details: { failure: { kind: 'malformed', description: 'the server gave no refresh token' } },
    })
  })

  it('P12 ends with the signal, and with its time limit where the server says nothing', async () => {
    const rig = await createRig()
    const { login, callback } = await signedIn(rig)
    const controller = new AbortController()
    rig.server.instead = () => controller.abort(new Error('The person has left'))
    await expect(login.finish(callback, { signal: controller.signal })).rejects.toThrow('The person has left')

    rig.server.instead = () => undefined
    const impatient = await rig.provider('basic', { requestTimeout: 50 })
    const refusal = await refusalOf(impatient.beginLogin(OPTIONS), [])
    expect(refusal).toEqual({ kind: 'timeout' })
  })
})

describe('a redirect URI', () => {
  const provider = oauth2({ issuer: 'https://auth.test', clientId: 'made-up' })
  it.each([
    { what: 'plain http to elsewhere', redirectUri: 'http://app.test/callback' },
    { what: 'a fragment', redirectUri: 'https://app.test/callback#here' },
    { what: 'no URL', redirectUri: '/callback' },
  ])('with $what is refused', async ({ redirectUri }) => {
    expect(await failureOf(provider.beginLogin({ redirectUri }))).toMatchObject({
      code: 'invalid-options',
      details: { option: 'redirectUri' },
    })
  })
})
