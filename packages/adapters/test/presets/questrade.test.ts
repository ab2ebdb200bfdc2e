import { createSession, memoryStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { oauth2 } from '../../src/oauth2.ts'
import { presets } from '../../src/presets.ts'
import { failureOf } from '../support/failure-of.ts'
import { loopback, reply, type Loopback } from '../support/loopback.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'
import { DOCUMENTED } from './documented.ts'
import { createFake } from './fake.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

function setUp() {
  const clock = new VirtualClock()
  const fake = createFake(clock, DOCUMENTED.questrade)
  const provider = oauth2({ ...presets.questrade, fetch: fake.fetch, clock })
  const store = memoryStore()
  const open = () => {
    const session = createSession({ provider, credentials: fake.credentials, clock, store })
    onTestFinished(() => session.dispose())
    return session
  }
  return { clock, fake, open }
}

/** A provider whose login server answers so, with nothing else in the way. */
function answering(answer: () => Response) {
  const server = scriptedFetch(answer)
  return oauth2({ ...presets.questrade, fetch: server.fetch })
}

const { signal } = new AbortController()
const credentials = { refreshToken: { reveal: () => 'made-up-refresh', toJSON: () => '', toString: () => '' } }

describe('a session at questrade', () => {
  it('knows where the API lives, which changes with each token, also after a restart', async () => {
    const { clock, open } = setUp()
    const first = open()
    expect((await first.getToken()).apiBaseUrl).toBe('https://api00.iq.questrade.com')
    await first.dispose()
    const second = open()
    expect((await second.getToken()).apiBaseUrl).toBe('https://api00.iq.questrade.com')
    await clock.advance(25 * MINUTE)
    expect((await second.getToken()).apiBaseUrl).toBe('https://api01.iq.questrade.com')
  })

  it('has three days from each token to the next, of which a person is told only when nothing comes', async () => {
    const { clock, fake, open } = setUp()
    const session = open()
    const due: number[] = []
    session.events$.subscribe((event) => {
      if (event.type === 'reauthentication-due') due.push(event.deadline)
    })
    const { issuedAt } = await session.getToken()
    expect(session.getSnapshot().loginExpiresAt).toBe(issuedAt + 3 * DAY)
    for (let hours = 0; hours < 5 * 24; hours += 1) {
      await clock.advance(60 * MINUTE)
      await session.getToken()
    }
    expect(due).toEqual([])
    expect(fake.requests.every(({ status }) => status === 200)).toBe(true)
  })

  it('P11 sends the refresh token in the body, and nothing else', async () => {
    const server = scriptedFetch(() => json({ access_token: 'made-up', api_server: 'https://api01.iq.questrade.com/' }))
    await oauth2({ ...presets.questrade, fetch: server.fetch }).requestToken(credentials, { signal })
    expect(server.sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://login.questrade.com/oauth2/token',
    ])
    expect(server.bodies).toEqual(['grant_type=refresh_token&refresh_token=made-up-refresh'])
    expect(server.sent[0]?.headers.get('content-type')).toContain('application/x-www-form-urlencoded')
    expect(server.sent[0]?.headers.get('user-agent')).toMatch(/^evergrant\//)
  })

  it.for(['http://api01.iq.questrade.com/', 'api01', '', 7, null, 'https://user:made-up@api01.iq.questrade.com/'])(
    'P7 keeps the new refresh token that comes with an address of no use: %s',
    async (address) => {
      const body = { access_token: 'made-up', refresh_token: 'made-up-next', api_server: address }
      const response = await answering(() => json(body)).requestToken(credentials, { signal })
      expect(response).toMatchObject({ refreshToken: expect.anything() })
      expect(response).not.toHaveProperty('apiBaseUrl')
    },
  )

  it.for([
    {
      what: 'the page of something in between',
      answer: () => new Response('<h1>400 Bad Request</h1>', { status: 400 }),
    },
    { what: 'a server in trouble', answer: () => new Response('Bad Request', { status: 500 }) },
    { what: 'nothing', answer: () => new Response('', { status: 400 }) },
  ])('P9 is not condemned by $what', async ({ answer }) => {
    const clock = new VirtualClock()
    const server = scriptedFetch(answer)
    const provider = oauth2({ ...presets.questrade, fetch: server.fetch, clock })
    await using session = createSession({ provider, credentials: { refreshToken: 'made-up-refresh' }, clock })
    const waiting = failureOf(session.getToken())
    await clock.advance(MINUTE)
    expect(await waiting).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot().state).toBe('backoff')
  })

  it('sends nothing without a refresh token', async () => {
    const server = scriptedFetch(() => json({}))
    const provider = oauth2({ ...presets.questrade, fetch: server.fetch })
    expect(await failureOf(provider.requestToken({}, { signal }))).toMatchObject({
      message: expect.stringContaining('no refresh token; nothing was sent'),
    })
    expect(server.sent).toEqual([])
  })

  it('P11 over real sockets: a call goes where its token lives, and a token nowhere else', async () => {
    const api = async (): Promise<Loopback> => {
      const server = await loopback((_request, response) => reply(response, 200, {}))
      onTestFinished(() => server[Symbol.asyncDispose]())
      return server
    }
    const apis = [await api(), await api()]
    let asked = 0
    await using login = await loopback((_request, response) => {
      const place = apis[asked % 2]
      asked += 1
      reply(response, 200, {
        access_token: `made-up-access-${asked}`,
        expires_in: 1_800,
        refresh_token: `made-up-refresh-${asked}`,
        api_server: `${place?.url}/`,
      })
    })
    const provider = oauth2({ ...presets.questrade, endpoints: { token: `${login.url}/oauth2/token` } })
    const credentials = { refreshToken: 'made-up-refresh-0' }
    await using session = createSession({ provider, credentials, policy: { floor: 0 } })
    const call = bearerFetch(session)
    await (await call('v1/accounts')).text()
    await session.refresh()
    await (await call('v1/accounts')).text()
    expect(apis.map(({ received }) => received.map(({ path, headers }) => `${path} ${headers.authorization}`))).toEqual(
      [['/v1/accounts Bearer made-up-access-1'], ['/v1/accounts Bearer made-up-access-2']],
    )
    expect(await failureOf(call(`${apis[0]?.url}/v1/accounts`))).toMatchObject({ code: 'foreign-origin' })
    expect(login.received.map(({ path, body }) => `${path} ${body}`)).toEqual([
      '/oauth2/token grant_type=refresh_token&refresh_token=made-up-refresh-0',
      '/oauth2/token grant_type=refresh_token&refresh_token=made-up-refresh-1',
    ])
  })
})
