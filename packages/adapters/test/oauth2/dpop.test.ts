import { accessToken } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { dpopFetch, oauth2 } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { fakeSession } from '../support/fake-session.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'
import { createRig, dpopKey } from './rig.ts'

describe.each([
  { requireNonce: false, server: 'that asks for no nonce' },
  { requireNonce: true, server: 'that asks for its nonce' },
])('tokens bound to a key by a server $server', ({ requireNonce }) => {
  it.each(['public', 'basic', 'signs'] as const)('are good for a client that is %s, with its key', async (name) => {
    const rig = await createRig({ requireNonce })
    const provider = await rig.provider(name, { dpop: await dpopKey() })
    const { credentials, response } = await rig.login(provider)
    expect(response.tokenType).toBe('DPoP')
    const session = rig.open(provider, credentials)
    const call = dpopFetch(session)
    const me = `${rig.server.issuer}/me`
    expect(await (await call(me)).json()).toEqual({ sub: 'ada' })
    const first = await session.getToken()
    const second = await session.refresh()
    expect(second).toMatchObject({ tokenType: 'DPoP', generation: 2 })
    expect((await call(me, { method: 'POST' })).status).toBe(200)
    expect(await provider.introspect(second.value)).toMatchObject({ cnf: { jkt: await provider.dpop?.thumbprint() } })
    expect(first.value).not.toBe(second.value)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: 2, lastFailure: null })
  })

  it('P11 are of no use to a thief: not as they are, not with another key, not for another address', async () => {
    const rig = await createRig({ requireNonce })
    const provider = await rig.provider('public', { dpop: await dpopKey() })
    const { credentials } = await rig.login(provider)
    const session = rig.open(provider, credentials)
    const token = await session.getToken()
    const me = `${rig.server.issuer}/me`
    expect(await rig.userinfo(`Bearer ${token.value}`)).toBe(401)
    expect(await rig.userinfo(`DPoP ${token.value}`)).toBe(400)

    const thief = await rig.provider('public', { dpop: await dpopKey() })
    const stolen = {
      ...fakeSession({ signedIn: false }),
      provider: thief,
      peekToken: () => token,
      getToken: async () => token,
    }
    expect((await dpopFetch(stolen, { replay: 'never' })(me)).status).toBe(401)
    expect(stolen.reports).toEqual([token.generation])

    let proof = ''
    await dpopFetch(session, {
      async fetch(input, init) {
        proof = new Headers(init?.headers).get('dpop') ?? ''
        return fetch(input, init)
      },
    })(me)
    expect(await rig.userinfo(token.authorization, { dpop: proof })).toBe(401)

    const refused = rig.open(thief, credentials)
    expect(await failureOf(refused.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(rig.server.refusals.at(-1)).toMatch(/jkt|already used/)
    expect((await session.getToken()).value).toBe(token.value)
  })
})

describe('a proof of possession', () => {
  it('costs one request more where the nonce is missing, and none after that; nothing is spent for it', async () => {
    const rig = await createRig({ requireNonce: true })
    const provider = await rig.provider('public', { dpop: await dpopKey() })
    const { credentials } = await rig.login(provider)
    expect(rig.server.count('/token')).toBe(2)
    const session = rig.open(provider, credentials)
    await session.getToken()
    expect(rig.server.count('/token')).toBe(3)
    expect(rig.server.refusals).toEqual(['nonce is required in the DPoP proof'])
    const call = dpopFetch(session)
    await (await call(`${rig.server.issuer}/me`)).text()
    await (await call(`${rig.server.issuer}/me`)).text()
    // The server is known by then, API and all.
    expect(rig.server.count('/me')).toBe(2)
  })

  it('P15 has the time of the server, whatever this machine’s clock says', async () => {
    const rig = await createRig()
    const clock = new VirtualClock({ now: Date.now(), skew: 2 * 3_600_000 })
    const provider = await rig.provider('public', { dpop: await dpopKey(), clock })
    const { credentials } = await rig.login(provider)
    const session = rig.open(provider, credentials)
    expect((await dpopFetch(session)(`${rig.server.issuer}/me`)).status).toBe(200)
    expect(rig.server.refusals).toEqual([])
  })

  it('P15 and so has a signed assertion; told the time by a refusal, it is sent once more', async () => {
    const rig = await createRig()
    const clock = new VirtualClock({ now: Date.now(), skew: -2 * 3_600_000 })
    const discovered = await rig.provider('signs', { clock })
    const { credentials } = await rig.login(discovered)
    expect(rig.server.count('/token')).toBe(1)

    const endpoints = { token: `${rig.server.issuer}/token` }
    const given = await rig.provider('signs', { clock, endpoints })
    const session = rig.open(given, credentials)
    expect((await session.getToken()).generation).toBe(1)
    expect(rig.server.count('/token')).toBe(3)
    await session.refresh()
    expect(rig.server.count('/token')).toBe(4)
  })

  const API = 'https://api.test'
  const challenge = (error: string) => ({
    'www-authenticate': `DPoP realm="made up", error="${error}"`,
    'dpop-nonce': 'made-up-nonce',
  })

  /** A session with a bound token, and an API that gives these answers in turn. */
  async function scripted(replies: readonly (() => Response)[], tokenType = 'DPoP') {
    const provider = oauth2({ issuer: 'https://auth.test', apiBaseUrl: API, dpop: await dpopKey() })
    const token = accessToken({ value: 'made-up-token', tokenType, generation: 1, issuedAt: 0, expiresAt: 900_000 })
    const reports: number[] = []
    const session = {
      provider,
      peekToken: () => token,
      getToken: async () => token,
      reportRejected: () => void reports.push(1),
    }
    const { fetch, sent, bodies } = scriptedFetch((_request, count) => replies[count - 1]?.() ?? json({ ok: true }))
    return { call: dpopFetch(session, { fetch, replay: 'never' }), sent, bodies, reports }
  }

  const claimsOf = (request: Request | undefined) => {
    const [, payload = ''] = request?.headers.get('dpop')?.split('.') ?? []
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  }

  it.each([
    { what: 'a text', make: () => ({ input: `${API}/orders`, init: { method: 'POST', body: 'an order' } }) },
    {
      what: 'a Request',
      make: () => ({ input: new Request(`${API}/orders?a=1`, { method: 'POST', body: 'an order' }), init: undefined }),
    },
  ])('goes out anew with the nonce of the API, whatever the method, with $what for a body', async ({ make }) => {
    const { call, sent, bodies, reports } = await scripted([() => json({}, 401, challenge('use_dpop_nonce'))])
    const { input, init } = make()
    expect((await call(input, init)).status).toBe(200)
    expect(bodies).toEqual(['an order', 'an order'])
    expect(reports).toEqual([])
    expect(claimsOf(sent[0])).toMatchObject({
      htm: 'POST',
      htu: `${API}/orders`,
      ath: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(claimsOf(sent[0])).not.toHaveProperty('nonce')
    expect(claimsOf(sent[1])).toMatchObject({ nonce: 'made-up-nonce' })
    expect(claimsOf(sent[1])['jti']).not.toBe(claimsOf(sent[0])['jti'])
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'DPoP made-up-token',
      'DPoP made-up-token',
    ])
  })

  it('goes out once where the body can be read once; the token is not blamed, and the nonce is kept', async () => {
    const { call, sent, reports } = await scripted([() => json({}, 401, challenge('use_dpop_nonce'))])
    const body = new Blob(['an order']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await call(`${API}/orders`, init)).status).toBe(401)
    expect(sent).toHaveLength(1)
    expect(reports).toEqual([])
    await call(`${API}/orders`)
    expect(claimsOf(sent[1])).toMatchObject({ nonce: 'made-up-nonce' })
  })

  it('P10 that is refused twice is given back, and blames the token only if the API does', async () => {
    const refused = (error: string) => () => json({}, 401, challenge(error))
    const nonces = await scripted([refused('use_dpop_nonce'), refused('use_dpop_nonce')])
    expect((await nonces.call(API)).status).toBe(401)
    expect(nonces.sent).toHaveLength(2)
    expect(nonces.reports).toEqual([])
    const proof = await scripted([refused('invalid_dpop_proof')])
    expect((await proof.call(API)).status).toBe(401)
    expect(proof.reports).toEqual([])
    const token = await scripted([refused('invalid_token')])
    expect((await token.call(API)).status).toBe(401)
    expect(token.reports).toEqual([1])
  })

  it('P11 is not left out for a token that is not bound: nothing is sent', async () => {
    const { call, sent } = await scripted([], 'Bearer')
    expect(await failureOf(call(API))).toMatchObject({ code: 'invalid-options', details: { option: 'token' } })
    expect(sent).toHaveLength(0)
  })

  it('needs a key, and goes to the origins of the token alone', async () => {
    expect(() => dpopFetch(fakeSession())).toThrow('dpop')
    const { call, sent } = await scripted([])
    expect(await failureOf(call('https://evil.test/'))).toMatchObject({ code: 'foreign-origin' })
    expect(sent).toHaveLength(0)
  })
})
