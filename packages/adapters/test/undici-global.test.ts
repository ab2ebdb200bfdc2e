import { createSession, type TokenSession } from '@evergrant/core'
import { fakeTastytrade, VirtualClock, type FakeListener, type FakeTastytrade } from '@evergrant/testing'
import ky from 'ky'
import { Agent, getGlobalDispatcher, request, setGlobalDispatcher, type Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tastytrade } from '../src/tastytrade.ts'
import { bearer } from '../src/undici.ts'
import { failureOf } from './support/failure-of.ts'
import { loopback, reply } from './support/loopback.ts'

const HEADERS = { 'user-agent': 'undici-test/1.0' }
const MINUTE = 60_000

interface World {
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly listener: FakeListener
  readonly session: TokenSession
}

let world: World
let agent: Agent
let former: Dispatcher

/** The session's own requests and those of the program go through the same dispatcher, to the same origin. */
beforeEach(async () => {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server })
  const listener = await fake.listen()
  const { clientSecret, refreshToken } = fake.credentials
  const session = createSession({
    provider: tastytrade({ baseUrl: listener.url }),
    credentials: { clientSecret, refreshToken },
    clock,
  })
  world = { clock, fake, listener, session }
  former = getGlobalDispatcher()
  agent = new Agent()
  setGlobalDispatcher(agent.compose(bearer(session)))
})

afterEach(async () => {
  setGlobalDispatcher(former)
  await world.session.dispose()
  await agent.destroy()
  await world.listener.close()
})

describe('as the global dispatcher', () => {
  it('gives global fetch, ky and undici the token, whose own request goes through it too', async () => {
    const { fake, listener } = world
    const url = `${listener.url}/customers/me`
    const answer = await fetch(url, { headers: HEADERS })
    expect(answer.status).toBe(200)
    expect(await ky.get(url, { headers: HEADERS }).json()).toHaveProperty('data')
    const { statusCode, body } = await request(url, { headers: HEADERS })
    await body.dump()
    expect(statusCode).toBe(200)
    expect(fake.requests.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'token granted',
      'api ok',
      'api ok',
      'api ok',
    ])
  })

  it('P6 adds no token to a token request, also while it has one to add', async () => {
    const { clock, fake, listener, session } = world
    await session.getToken()
    await clock.advance(10 * MINUTE)
    await clock.settleUntil(() => fake.tokenRequests === 2 && fake.openRequests === 0)
    // Beyond the floor between two token requests.
    await clock.advance(MINUTE)
    fake.invalidateAccessTokens()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${listener.url}/customers/me`, { headers: HEADERS })),
    )
    for (const { status } of answers) expect(status).toBe(200)
    expect(fake.count({ kind: 'token', outcome: 'granted' })).toBe(3)
    expect(fake.tokenRequests).toBe(3)
  })

  it('P4 adds no token to a probe, also while it has one to add', async () => {
    const { clock, fake, session } = world
    await session.getToken()
    fake.fail('edge-html', { times: Number.POSITIVE_INFINITY })
    while (session.getSnapshot().state !== 'blocked') {
      const before = fake.tokenRequests
      await clock.advanceUntil(() => fake.requests.length > before || session.getSnapshot().state === 'blocked')
      await clock.settleUntil(() => fake.openRequests === 0)
    }
    expect(session.peekToken()).not.toBeNull()
    await clock.advanceUntil(() => fake.count({ path: '/' }) > 0)
    await clock.settleUntil(() => fake.openRequests === 0)
    expect(fake.count({ path: '/' })).toBe(1)
    expect(fake.count({ path: '/', credential: true })).toBe(0)
  })

  it('P11 lets requests to other origins pass as they are', async () => {
    await using other = await loopback((_, response) => reply(response, 401, {}))
    const answer = await fetch(`${other.url}/a`, { headers: { authorization: 'Basic made-up' } })
    expect(answer.status).toBe(401)
    await fetch(`${other.url}/b`)
    expect(other.received.map(({ headers }) => headers.authorization)).toEqual(['Basic made-up', undefined])
    expect(world.fake.requests).toHaveLength(0)
  })

  it('gives what the session says as the cause of the error of fetch', async () => {
    world.fake.revokeGrant()
    const error = await failureOf(fetch(`${world.listener.url}/customers/me`, { headers: HEADERS }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toHaveProperty('cause.code', 'grant-revoked')
    expect(world.fake.tokenRequests).toBe(1)
  })
})
