import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { oauth2, type DeviceLogin } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'
import { approveDevice } from './person.ts'
import { AUTHENTICATIONS, createRig, SCOPE } from './rig.ts'

const OPTIONS = { scope: SCOPE, additionalParameters: { prompt: 'consent' } }
const SECOND = 1_000

/** Lets the next question be asked, and takes no time for its answer. */
async function nextQuestion(clock: VirtualClock): Promise<void> {
  await clock.advance(5 * SECOND)
  await clock.settleUntil(() => clock.pending === 0 || clock.nextAt === clock.monotonic() + 5 * SECOND)
}

describe('a device login at oidc-provider', () => {
  it.each(AUTHENTICATIONS)('of a client that is %s waits for the person, and ends in credentials', async (name) => {
    // Time passes for the client alone.
    const rig = await createRig({ clockTolerance: 60 })
    const clock = new VirtualClock()
    const login = await (await rig.provider(name, { clock })).beginDeviceLogin(OPTIONS)
    expect(login).toMatchObject({
      userCode: expect.stringMatching(/^\w{4}-\w{4}$/),
      verificationUri: `${rig.server.issuer}/device`,
      verificationUriComplete: `${rig.server.issuer}/device?user_code=${login.userCode}`,
      expiresIn: 900,
    })
    const done = login.wait()
    await nextQuestion(clock)
    await nextQuestion(clock)
    expect(rig.server.refusals).toHaveLength(2)
    expect(await approveDevice(login.verificationUriComplete ?? '', { login: 'ada' })).toContain('signed in')
    await nextQuestion(clock)
    const { credentials } = await done
    expect(rig.server.count('/token')).toBe(3)
    expect(rig.server.refusals).toHaveLength(2)
    const session = rig.open(await rig.provider(name), credentials)
    expect(await rig.userinfo((await session.getToken()).authorization)).toBe(200)
    expect(rig.addressesWith(credentials.refreshToken.reveal())).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('ends when the person declines', async () => {
    const rig = await createRig()
    const clock = new VirtualClock()
    const login = await (await rig.provider('public', { clock })).beginDeviceLogin(OPTIONS)
    await approveDevice(login.verificationUriComplete ?? '', { login: 'ada', declines: true })
    const refused = failureOf(login.wait())
    await nextQuestion(clock)
    expect(await refused).toMatchObject({
      code: 'token-request-failed',
      details: { failure: { kind: 'rejected', oauthCode: 'access_denied' } },
    })
  })

  it('ends when the server says that the code has expired, or its own time is up', async () => {
    const rig = await createRig({ deviceCodeLifetime: 12 })
    const clock = new VirtualClock()
    const provider = await rig.provider('public', { clock })
    const expired = {
      code: 'token-request-failed',
      details: { failure: { kind: 'rejected', oauthCode: 'expired_token' } },
    }
    const byServer = await provider.beginDeviceLogin(OPTIONS)
    rig.server.database.age(13)
    const first = failureOf(byServer.wait())
    await nextQuestion(clock)
    expect(await first).toMatchObject(expired)

    const byClock = await provider.beginDeviceLogin(OPTIONS)
    const second = failureOf(byClock.wait())
    await nextQuestion(clock)
    await clock.advance(5 * SECOND)
    await clock.settleUntil(() => clock.nextAt === clock.monotonic() + 2 * SECOND)
    await clock.advance(2 * SECOND)
    expect(await second).toMatchObject(expired)
    expect(rig.server.count('/token')).toBe(3)
    expect(clock.pending).toBe(0)
  })
})

const ANSWER = {
  device_code: 'made-up-device-code',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://go.test/',
  expires_in: 600,
}
const PENDING = () => json({ error: 'authorization_pending' }, 400)
const GRANT = () =>
  json({ access_token: 'made-up-token', refresh_token: 'made-up-refresh-token', token_type: 'bearer' })

/** A login at a server that gives these answers in turn, and when each of its questions came, in seconds. */
async function scripted(replies: readonly (() => Response | Promise<Response>)[], answer: object = ANSWER) {
  const clock = new VirtualClock()
  const start = clock.time
  const asked: number[] = []
  const { fetch, bodies } = scriptedFetch(({ url }) => {
    if (url.endsWith('/device')) return json(answer)
    asked.push((clock.time - start) / SECOND)
    return replies[asked.length - 1]?.() ?? GRANT()
  })
  const endpoints = { token: 'https://auth.test/token', deviceAuthorization: 'https://auth.test/device' }
  const provider = oauth2({ endpoints, clientId: 'made-up-client', clock, fetch })
  const login = await provider.beginDeviceLogin()
  return { clock, login, asked, bodies }
}

async function settled(clock: VirtualClock, login: DeviceLogin, signal?: AbortSignal) {
  const { promise, state } = followed(login.wait({ signal }))
  await clock.advanceUntil(() => state.over)
  return promise
}

function followed<T>(started: Promise<T>) {
  const state = { over: false }
  const promise = started.finally(() => (state.over = true))
  promise.catch(() => undefined)
  return { promise, state }
}

describe('the questions of a device login', () => {
  it('come every five seconds, or as far apart as the server says', async () => {
    const usual = await scripted([PENDING, PENDING])
    await settled(usual.clock, usual.login)
    expect(usual.asked).toEqual([5, 10, 15])
    expect(usual.bodies[1]).toBe(
      'device_code=made-up-device-code&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=made-up-client',
    )
    const slower = await scripted([PENDING], { ...ANSWER, interval: 7 })
    await settled(slower.clock, slower.login)
    expect(slower.asked).toEqual([7, 14])
    const storm = await scripted([PENDING], { ...ANSWER, interval: 0 })
    await settled(storm.clock, storm.login)
    expect(storm.asked).toEqual([1, 2])
  })

  it('slow down by five seconds for good when asked to', async () => {
    const { clock, login, asked } = await scripted([() => json({ error: 'slow_down' }, 400), PENDING])
    await settled(clock, login)
    expect(asked).toEqual([5, 15, 25])
  })

  it('P9 go on through trouble, further apart, and not before the server asked', async () => {
    const trouble = [
      () => Promise.reject(new TypeError('fetch failed')),
      () => json({}, 429, { 'retry-after': '45' }),
      () => new Response('<html>', { status: 502 }),
      () => json({ token_type: 'bearer' }),
    ]
    const { clock, login, asked } = await scripted(trouble)
    const { credentials } = await settled(clock, login)
    expect(credentials).toMatchObject({ clientId: 'made-up-client' })
    expect(asked).toEqual([5, 15, 60, 120, 180])
  })

  it('P12 that nobody answers are given up, one after another, until the code has expired', async () => {
    const { clock, login, asked } = await scripted(
      Array.from({ length: 20 }, () => () => new Promise<Response>(() => undefined)),
    )
    const error = await failureOf(settled(clock, login))
    expect(error).toMatchObject({ details: { failure: { oauthCode: 'expired_token' } } })
    expect(asked.slice(0, 3)).toEqual([5, 25, 55])
    expect(asked.length).toBeLessThan(15)
    expect(clock.pending).toBe(0)
  })

  it.each(['access_denied', 'expired_token', 'invalid_grant', 'invalid_client', 'unauthorized_client'])(
    'end with %s',
    async (error) => {
      const { clock, login, asked } = await scripted([() => json({ error }, 400)])
      expect(await failureOf(settled(clock, login))).toMatchObject({ details: { failure: { oauthCode: error } } })
      expect(asked).toEqual([5])
    },
  )

  it('P12 end with the signal, between two of them and during one, and may go on after that', async () => {
    const reason = new Error('enough')
    const { clock, login, asked } = await scripted([PENDING, () => new Promise<Response>(() => undefined)])
    const controller = new AbortController()
    const first = failureOf(login.wait({ signal: controller.signal }))
    await clock.advance(6 * SECOND)
    expect(await failureOf(login.wait())).toMatchObject({ code: 'invalid-options', details: { option: 'wait' } })
    controller.abort(reason)
    expect(await first).toBe(reason)
    expect(clock.pending).toBe(0)

    const again = new AbortController()
    const second = failureOf(login.wait({ signal: again.signal }))
    await clock.advance(6 * SECOND)
    again.abort(reason)
    expect(await second).toBe(reason)
    expect(clock.pending).toBe(0)
    expect(await settled(clock, login)).toHaveProperty('credentials')
    expect(asked).toHaveLength(3)
    expect(await failureOf(login.wait())).toMatchObject({ code: 'invalid-options' })
  })

  it.each([
    { what: 'no code', answer: { ...ANSWER, device_code: '' } },
    { what: 'no place to go', answer: { ...ANSWER, verification_uri: undefined } },
    { what: 'a script for a place', answer: { ...ANSWER, verification_uri: 'javascript:alert(1)' } },
    { what: 'a place that all can overhear', answer: { ...ANSWER, verification_uri: 'http://go.test/' } },
  ])('are not begun with an answer that has $what', async ({ answer }) => {
    expect(await failureOf(scripted([], answer))).toMatchObject({
      code: 'token-request-failed',
      details: { failure: { kind: 'malformed', description: 'the answer has no usable device code' } },
    })
  })
})
