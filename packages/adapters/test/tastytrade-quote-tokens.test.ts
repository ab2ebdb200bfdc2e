import { quoteTokens } from '@evergrant/adapters/tastytrade'
import { deriveSession, type TokenSession } from '@evergrant/core'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig } from './on-the-fake/rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const PATH = '/api-quote-tokens'

describe('quote tokens', () => {
  let rig: ReturnType<typeof createRig>
  let parent: TokenSession
  beforeEach(() => {
    rig = createRig()
    parent = rig.open().session
  })
  afterEach(() => rig.close())

  const derive = (fetch = rig.fake.fetch) =>
    deriveSession(parent, quoteTokens({ baseUrl: 'https://fake.test', fetch }), { clock: rig.clock })
  const bought = () => rig.fake.requests.filter(({ path }) => path === PATH).length
  const failure = async (session: TokenSession) => {
    await session.getToken({ maxWait: 0 }).catch(() => undefined)
    await rig.clock.advance(10)
    return session.getSnapshot().lastFailure
  }
  const answering = (body: unknown, init: ResponseInit = {}) =>
    derive((input, made) =>
      String(input instanceof Request ? input.url : input).endsWith(PATH)
        ? Promise.resolve(typeof body === 'string' ? new Response(body, init) : Response.json(body, init))
        : rig.fake.fetch(input, made),
    )

  it('live a day, come with the address of their streamer, and are bought once for all callers', async () => {
    const quotes = derive()
    const [token, same] = await Promise.all([quotes.getToken(), quotes.getToken()])
    expect(token).toMatchObject({ tokenType: '', apiBaseUrl: 'wss://dxlink.fake-tastytrade.invalid/realtime' })
    expect([same, bought()]).toEqual([token, 1])
    expect(token.expiresAt - rig.clock.now()).toBe(24 * HOUR)
  })

  it('are bought again before they end, with whatever token their parent has by then', async () => {
    const quotes = derive()
    await quotes.getToken()
    await rig.clock.advance(17 * HOUR)
    expect([bought(), quotes.getSnapshot().generation]).toEqual([2, 2])
  })

  it('P10 a parent’s token that is refused is told to it, and the next one buys', async () => {
    const quotes = derive()
    await parent.getToken()
    rig.fake.invalidateAccessTokens()
    const asked = quotes.getToken({ maxWait: MINUTE })
    await rig.clock.advance(MINUTE)
    expect((await asked).generation).toBe(1)
    expect(parent.getSnapshot().generation).toBe(2)
  })

  it('P10 a refusal of the edge is no verdict on the parent’s token', async () => {
    const quotes = answering('<html>', { status: 401, headers: { 'content-type': 'text/html' } })
    expect(await failure(quotes)).toMatchObject({ code: 'token-request-failed', status: 401 })
    expect(parent.getSnapshot()).toMatchObject({ state: 'valid', generation: 1 })
  })

  it('a customer without an account is told so, and nothing is condemned', async () => {
    const error = { code: 'quote_streamer.customer_not_found_error', message: 'You must be a customer' }
    expect(await failure(answering({ error }, { status: 403 }))).toMatchObject({ oauthCode: error.code, status: 403 })
    expect(parent.getSnapshot().state).toBe('valid')
  })

  it.for([
    ['no token', { data: {} }],
    ['an empty token', { data: { token: '' } }],
    ['a list', []],
    ['no JSON', 'OK'],
  ] as const)('an answer with %s is none', async ([, body]) => {
    expect(await failure(answering(body))).toMatchObject({ code: 'token-request-failed', status: 200 })
  })

  it('an address in plain text is not taken over, and without an end a token lives a day', async () => {
    const quotes = answering({
      data: { token: 'invented-quote', 'dxlink-url': 'ws://streamer.test/', 'expires-at': 'soon' },
    })
    const token = await quotes.getToken()
    expect([token.apiBaseUrl, token.expiresAt - token.issuedAt]).toEqual([null, 24 * HOUR])
  })

  it('P11 no secret is in what is told of a failure', async () => {
    const canaries = plantCanaries()
    const { value } = await parent.getToken()
    canaries.note('access token', value)
    const quotes = answering({ error: { code: 'bad', message: `no ${value} here` } }, { status: 400 })
    const shown = await failure(quotes)
    expect(shown).toMatchObject({ status: 400, oauthCode: 'bad' })
    expectNoCanary({ shown, status: quotes.getSnapshot() }, canaries)
  })

  it('refuses options that it does not know', () => {
    expect(() => quoteTokens({ environment: 'moon' as 'sandbox' })).toThrow(/^environment/)
  })
})
