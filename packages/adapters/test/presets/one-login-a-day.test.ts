import { createSession, memoryStore, type CredentialsInput, type SessionEvent, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { presetFacts, presets } from '../../src/presets.ts'
import { failureOf } from '../support/failure-of.ts'
import { CLIENT, createDailyFake, REDIRECT_URI, UPSTOX, ZERODHA } from './daily-fakes.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SERVERS = [
  { name: 'upstox', documented: UPSTOX, dies: '03:30' },
  { name: 'zerodha', documented: ZERODHA, dies: '06:00' },
] as const
type Server = (typeof SERVERS)[number]

const india = (day: string, time: string): number => Date.parse(`${day}T${time}+05:30`)

interface Opening {
  /** When it all begins, by the server's clock. */
  readonly now?: number
  /** Ms by which this machine's clock is ahead of that. */
  readonly skew?: number
  readonly options?: Partial<OAuth2Options>
}

function setUp({ name, documented }: Server, { now = india('2026-11-18', '09:00'), skew = 0, options }: Opening = {}) {
  const clock = new VirtualClock({ now, skew })
  const fake = createDailyFake(clock, documented)
  const redirectUri = name === 'upstox' ? REDIRECT_URI : undefined
  const provider = oauth2({ ...presets[name], redirectUri, fetch: fake.fetch, clock, ...options })
  return {
    clock,
    fake,
    provider,
    open: (credentials: CredentialsInput, store: TokenStore = memoryStore()) => {
      // Chance may draw a wait of none, which would be over before the network mends.
      const session = createSession({ provider, credentials, clock, store, eager: true, random: () => 0.5 })
      onTestFinished(() => session.dispose())
      return session
    },
    login: (): CredentialsInput => ({ ...CLIENT, refreshToken: fake.login() }),
  }
}

describe.for(SERVERS)('a session at $name', (server) => {
  const { dies, documented } = server

  it.for([
    { at: india('2026-11-17', '20:00'), until: india('2026-11-18', dies) },
    { at: india('2026-11-18', '02:30'), until: india('2026-11-18', dies) },
    { at: india('2026-11-18', '06:01'), until: india('2026-11-19', dies) },
  ])('P5 has a token until that hour in India, whenever the login was', async ({ at, until }) => {
    const { open, login, clock } = setUp(server, { now: at })
    const session = open(login())
    const token = await session.getToken()
    expect([token.issuedAt, token.expiresAt]).toEqual([at, until])
    await clock.advance(until - at - 1)
    expect(session.peekToken()).toBe(token)
    await clock.advance(1)
    expect(session.peekToken()).toBeNull()
  })

  it('P5 P15 goes by the clock of the server, with one here that is two hours fast', async () => {
    const now = india('2026-11-18', dies) - HOUR
    const { open, login, clock } = setUp(server, { now, skew: 2 * HOUR })
    const session = open(login())
    await session.getToken()
    await clock.advance(HOUR - 1_000)
    expect(session.getSnapshot().usable).toBe(true)
    await clock.advance(1_000)
    expect(session.getSnapshot().usable).toBe(false)
  })

  it('P2 asks a person ahead of that hour, once, and sends nothing after it', async () => {
    const { open, login, clock, fake } = setUp(server)
    const began = clock.time
    const session = open(login())
    const due: SessionEvent[] = []
    session.events$.subscribe((event) => {
      if (event.type === 'reauthentication-due') due.push(event)
    })
    const { expiresAt } = await session.getToken()
    await clock.advance(3 * DAY)
    const at = expiresAt - (expiresAt - began) / 4
    expect(due).toEqual([{ type: 'reauthentication-due', at, deadline: expiresAt }])
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'login-expired', usable: false })
    expect(await failureOf(session.getToken())).toMatchObject({
      code: 'login-expired',
      help: expect.stringContaining('setCredentials({ refreshToken'),
    })
    expect(fake.sent).toHaveLength(1)
  })

  it('P2 takes its token from the store after a restart, and goes on with the next code', async () => {
    const { open, login, clock, fake } = setUp(server)
    const store = memoryStore()
    const credentials = login()
    const first = open(credentials, store)
    const token = await first.getToken()
    await first.dispose()
    await clock.advance(HOUR)
    const second = open(credentials, store)
    expect((await second.getToken()).value).toBe(token.value)
    await clock.advance(2 * DAY)
    await second.setCredentials(login())
    await clock.advance(MINUTE)
    expect((await second.getToken()).generation).toBe(2)
    expect(fake.statuses).toEqual([200, 200])
  })

  it('calls the API with that, and hears that a token is dead ahead of time', async () => {
    const { open, login, clock, fake, provider } = setUp(server)
    const session = open(login())
    const isRejected = (response: Response) => response.status === 401 || response.status === 403
    const api = bearerFetch(session, { fetch: fake.fetch, isRejected })
    const address = `${provider.apiBaseUrl}/user/profile`
    expect((await api(address)).status).toBe(200)
    expect((await session.getToken()).authorization).toBe(documented.authorization('made-up-access-0'))
    // The person logs in elsewhere, or ends it.
    session.reportRejected(await session.getToken())
    await clock.advance(MINUTE)
    expect(await failureOf(api(address))).toMatchObject({ code: 'login-expired' })
    expect(fake.sent).toHaveLength(2)
  })

  it('P2 stays quiet once a code was used before', async () => {
    const { open, login, clock, fake, provider } = setUp(server)
    const { refreshToken = '' } = login()
    const elsewhere = createSession({ provider, credentials: { ...CLIENT, refreshToken }, clock })
    await elsewhere.getToken()
    await elsewhere.dispose()
    const session = open({ ...CLIENT, refreshToken })
    await clock.advance(DAY)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
    expect(session.getSnapshot().lastFailure?.help).toContain('setCredentials({ refreshToken')
    expect(fake.sent).toHaveLength(2)
  })

  it.for([{ clientSecret: 'made-up-wrong-secret' }, { clientId: 'MadeUpKey9' }])(
    'P2 stays quiet after a wrong client: %o',
    async (wrong) => {
      const { open, login, clock, fake } = setUp(server)
      const session = open({ ...login(), ...wrong })
      await clock.advance(DAY)
      expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'client-rejected' })
      expect(fake.sent).toHaveLength(1)
    },
  )

  it('P8 tells a code whose answer was lost from one that was refused', async () => {
    const { open, login, clock, fake } = setUp(server)
    fake.trouble = () => Promise.reject(new TypeError('fetch failed'))
    const session = open(login())
    await clock.advance(1)
    fake.trouble = null
    await clock.advance(DAY)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'rotation-lost' })
    expect(fake.sent).toHaveLength(2)
  })

  it('P9 is not condemned by a server in trouble, whatever that calls it', async () => {
    const { open, login, clock, fake } = setUp(server)
    fake.trouble = () => {
      const refusal = documented.spent()
      return new Response(refusal.body, { status: 503, headers: refusal.headers })
    }
    const session = open(login())
    await clock.advance(MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { code: 'token-request-failed' } })
  })

  it('sends nothing without a code, and says what is missing', async () => {
    const { open, clock, fake } = setUp(server)
    const session = open(CLIENT)
    await clock.advance(MINUTE)
    expect(session.getSnapshot().lastFailure?.message).toMatch(/no (?:code|request token) \(refreshToken\)/)
    expect(fake.sent).toEqual([])
  })

  it('P11 has nothing secret in an address', async () => {
    const { open, login, fake } = setUp(server)
    await open(login()).getToken()
    expect(fake.sent.map(({ url, method }) => `${method} ${url}`)).toEqual([`POST ${documented.token}`])
  })

  it('leaves the code of a login to the session', async () => {
    const { provider } = setUp(server)
    expect(await failureOf(provider.beginLogin({ redirectUri: REDIRECT_URI }))).toMatchObject({
      code: 'invalid-options',
      help: expect.stringContaining('setCredentials({ refreshToken'),
    })
    expect(await failureOf(provider.beginDeviceLogin())).toMatchObject({ code: 'invalid-options' })
  })

  it('says the same as the documentation', () => {
    expect(presets[server.name].dailyExpiry).toEqual({ time: dies, timeZone: 'Asia/Kolkata' })
    expect(presetFacts[server.name]).toMatchObject({ accessTokenLifetime: null, rotation: null })
    for (const { url } of presetFacts[server.name].sources) expect(new URL(url).protocol).toBe('https:')
  })
})

describe('a session at upstox', () => {
  it('is not opened without the address that its logins come back to', () => {
    expect(() => oauth2(presets.upstox)).toThrow(expect.objectContaining({ details: { option: 'redirectUri' } }))
  })
})
