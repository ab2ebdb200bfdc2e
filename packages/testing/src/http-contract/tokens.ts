import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { createSession } from '@evergrant/core'
import { plainProvider } from '../canaries/plain-provider.ts'
import { fakeTastytrade } from '../tastytrade/fake-tastytrade.ts'
import { guarded } from './answers.ts'
import type { HttpCase } from './cases.ts'
import { LIFETIME } from './token-desk.ts'

const LIFE = LIFETIME * 1_000
const HOUR = 3_600_000
const CALLS = 20
const USER_AGENT = { 'user-agent': 'http-contract/1.0' }

/** Which token a request carries, and when it waits for one. */
export function describeTokens(test: HttpCase): void {
  test('sends the token beside what the caller sends', async ({ api, desk, call }) => {
    const answer = await call({ method: 'POST', url: '/a?b=c', headers: { 'x-mine': '1' }, body: 'text' })
    equal(answer.status, 200)
    equal(await answer.text(), '{"ok":true}')
    const [request] = api.arrived
    deepStrictEqual([request?.method, request?.path, request?.body.toString()], ['POST', '/a?b=c', 'text'])
    deepStrictEqual([request?.headers['x-mine'], request?.token], ['1', desk.issued[0]])
  })

  test("lets a caller's own Authorization give way, however it is spelt", async ({ api, desk, call }) => {
    for (const name of ['authorization', 'Authorization', 'AUTHORIZATION']) {
      await (await call({ headers: { [name]: 'Basic made-up' } })).text()
    }
    deepStrictEqual(
      api.arrived.map(({ token }) => token),
      Array(3).fill(desk.issued[0]),
    )
  })

  test('P5 sends nothing before there is a token', async ({ api, desk, call, until }) => {
    desk.mode = 'hold'
    const answer = call({})
    await until('a token request', () => desk.requests.length === 1)
    equal(api.arrived.length, 0)
    desk.requests[0]?.grant()
    equal((await answer).status, 200)
    equal(api.arrived[0]?.token, desk.issued[0])
  })

  test('P5 never sends a token that has expired', async ({ api, clock, desk, call }) => {
    await (await call({})).text()
    desk.mode = 'fail'
    await clock.advance(LIFE + 1)
    const unanswered = call({}).then(
      ({ status }) => status,
      () => 'no token',
    )
    await clock.advance(HOUR / 60)
    equal(await unanswered, 'no token')
    equal(api.arrived.length, 1)
    desk.mode = 'grant'
    await clock.advance(HOUR)
    equal((await call({})).status, 200)
    deepStrictEqual(
      api.arrived.map(({ token }) => token),
      [desk.issued[0], desk.issued.at(-1)],
    )
  })

  test('P5 never sends a token again that was refused', async (rig) => {
    const { api, desk, call, until } = rig
    rig.answer = guarded((token) => token === desk.issued[0])
    await rig.session.getToken()
    desk.mode = 'hold'
    const first = call({})
    await until('a refresh', () => desk.requests.length === 2)
    const second = call({ url: '/second' })
    const third = call({ url: '/third', method: 'POST', body: 'text' })
    desk.requests[1]?.grant()
    for (const { status } of await Promise.all([first, second, third])) equal(status, 200)
    const [refused, ...others] = api.arrived.map(({ token }) => token)
    equal(refused, desk.issued[0])
    deepStrictEqual(others, Array(3).fill(desk.issued[1]))
  })

  test('P5 life after life, the server sees no token that it would refuse', async ({ clock, createClient }) => {
    const fake = fakeTastytrade({ clock: clock.server })
    await using listener = await fake.listen()
    const { clientSecret, refreshToken } = fake.credentials
    await using session = createSession({
      provider: plainProvider(fake.fetch, listener.url),
      credentials: { clientSecret, refreshToken },
      clock,
      policy: { floor: 0 },
    })
    const client = await createClient({}, session)
    const url = `${listener.url}/customers/me`
    for (let count = 0; count < CALLS; count += 1) {
      const answer = await client.call({ method: 'GET', url, headers: USER_AGENT })
      equal(answer.status, 200)
      await answer.text()
      await clock.advance(LIFE / 3)
    }
    equal(fake.count({ outcome: 'unauthorized' }), 0)
    const requests = fake.tokenRequests
    ok(requests <= CALLS / 2 + 1, `${requests} token requests`)

    fake.invalidateAccessTokens()
    const answer = await client.call({ method: 'GET', url, headers: USER_AGENT })
    equal(answer.status, 200)
    await answer.text()
    equal(fake.count({ outcome: 'unauthorized' }), 1)
    equal(fake.tokenRequests, requests + 1)
  })

  test('P6 does not wait for a refresh while the token is good', async ({ api, clock, desk, call, soon }) => {
    await (await call({})).text()
    desk.mode = 'hold'
    // Not so far that the refresh is given up.
    await clock.advance((LIFE * 2) / 3 + 1_000)
    equal(desk.requests.length, 2)
    const answers = await soon(
      'calls during a refresh',
      Promise.all([call({}), call({ method: 'POST', body: 'text' })]),
    )
    for (const { status } of answers) equal(status, 200)
    deepStrictEqual(
      api.arrived.map(({ token }) => token),
      Array(3).fill(desk.issued[0]),
    )
    equal(desk.requests.length, 2)
  })

  test('P6 shows nothing of a refresh that fails', async ({ api, clock, desk, call }) => {
    await (await call({})).text()
    desk.mode = 'fail'
    await clock.advance(LIFE * 0.9)
    ok(desk.requests.length > 1, 'a refresh has failed')
    equal((await call({})).status, 200)
    equal(api.arrived.at(-1)?.token, desk.issued[0])
  })

  test('takes the next token once it is there', async ({ api, clock, desk, call }) => {
    await (await call({})).text()
    await clock.advance(LIFE * 0.7)
    await (await call({})).text()
    deepStrictEqual(
      api.arrived.map(({ token }) => token),
      desk.issued,
    )
    equal(desk.issued.length, 2)
  })
}
