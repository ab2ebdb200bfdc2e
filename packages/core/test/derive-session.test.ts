import {
  createSession,
  deriveSession,
  memoryStore,
  tokenRequestError,
  type AccessToken,
  type DerivedProvider,
  type Provider,
  type TokenSession,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A broker: access tokens of 15 minutes, and quote tokens of a day for whoever shows one. */
function createScene() {
  const clock = new VirtualClock()
  const server = {
    logins: 0,
    bought: [] as string[],
    revoked: false,
    answer: null as (() => never) | null,
  }
  const provider: Provider = {
    issuer: 'https://broker.test',
    environment: 'sandbox',
    async requestToken() {
      if (server.revoked) throw tokenRequestError({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })
      server.logins += 1
      return { accessToken: `access-${server.logins}`, expiresIn: 900, date: clock.server.now() }
    },
  }
  const quotes: DerivedProvider = {
    name: 'quotes',
    async requestToken(token: AccessToken) {
      server.answer?.()
      server.bought.push(token.value)
      return { accessToken: `quotes-${server.bought.length}`, tokenType: '', expiresIn: DAY / SECOND }
    },
  }
  const parent = createSession({
    provider,
    clock,
    credentials: { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' },
    random: () => 0.5,
  })
  return { clock, server, parent, quotes, derive: () => deriveSession(parent, quotes, { clock, random: () => 0.5 }) }
}

describe('deriveSession()', () => {
  let scene: ReturnType<typeof createScene>
  let session: TokenSession
  beforeEach(() => {
    scene = createScene()
    session = scene.derive()
  })
  afterEach(async () => {
    const ends = Promise.all([session.dispose(), scene.parent.dispose()])
    await scene.clock.advance(MINUTE)
    await ends
  })
  const bought = async (): Promise<string> => (await session.getToken()).authorization

  it('asks nobody before somebody asks', () => {
    expect(session.getSnapshot().state).toBe('unauthenticated')
    expect([scene.server.logins, scene.server.bought]).toEqual([0, []])
  })

  it('buys a token with a token of the parent, which it fetches if it must', async () => {
    expect(await bought()).toBe('quotes-1')
    expect(scene.server.bought).toEqual(['access-1'])
  })

  it('P6 lives by its own lifetime: nobody asks the parent while it lives', async () => {
    await bought()
    await scene.clock.advance(15 * HOUR)
    expect(await bought()).toBe('quotes-1')
    await scene.clock.advance(5 * HOUR)
    expect(await bought()).toBe('quotes-2')
    expect(scene.server.bought[1]).not.toBe('access-1')
  })

  it('P1 callers of both sessions share one request each', async () => {
    const asked = [bought(), scene.parent.getToken(), bought(), scene.parent.getToken(), bought()]
    await Promise.all(asked)
    expect([scene.server.logins, scene.server.bought.length]).toEqual([1, 1])
  })

  it('P10 a 401 for the parent’s token is reported to the parent, and the next attempt goes with a new one', async () => {
    scene.server.answer = () => {
      scene.server.answer = null
      throw tokenRequestError({ kind: 'rejected', status: 401 })
    }
    const token = bought()
    await scene.clock.advance(MINUTE)
    expect(await token).toBe('quotes-1')
    expect(scene.server.bought).toEqual(['access-2'])
  })

  it('P9 whatever the seller says condemns nobody, not even an OAuth code', async () => {
    scene.server.answer = () => {
      throw tokenRequestError({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })
    }
    const token = bought().catch((error: unknown) => error)
    await scene.clock.advance(31 * SECOND)
    expect(await token).toMatchObject({ code: expect.stringMatching(/wait-timeout|token-unavailable/) })
    expect([session.getSnapshot().state, scene.parent.getSnapshot().state]).toEqual(['backoff', 'valid'])
    scene.server.answer = null
    await scene.clock.advance(10 * MINUTE)
    expect(await bought()).toBe('quotes-1')
  })

  it('a provider that knows better decides', async () => {
    const judging = deriveSession(
      scene.parent,
      { ...scene.quotes, name: 'judged', judge: () => ({ kind: 'revoked', reason: 'client-rejected' }) },
      { clock: scene.clock },
    )
    scene.server.answer = () => {
      throw tokenRequestError({ kind: 'rejected', status: 403 })
    }
    await expect(judging.getToken()).rejects.toMatchObject({ code: 'client-rejected' })
    await judging.dispose()
  })

  it('P6 outlives the revocation of the parent’s grant, and comes back with new credentials', async () => {
    await bought()
    scene.server.revoked = true
    await scene.clock.advance(HOUR)
    expect(scene.parent.getSnapshot().state).toBe('revoked')
    expect(await bought()).toBe('quotes-1')
    await scene.clock.advance(24 * HOUR)
    expect([session.getSnapshot().state, session.peekToken()]).toEqual(['backoff', null])
    expect(session.getSnapshot().lastFailure?.message).toContain('grant-revoked')

    scene.server.revoked = false
    await scene.parent.setCredentials({ refreshToken: 'invented-other' })
    await scene.clock.advance(MINUTE)
    expect(await bought()).toBe('quotes-2')
  })

  it('P14 ends with a sign-out of the parent at once, and stays so', async () => {
    await bought()
    const out = scene.parent.signOut()
    expect(session.peekToken()).toBeNull()
    await out
    await scene.clock.advance(2 * DAY)
    await expect(session.getToken()).rejects.toMatchObject({ code: 'signed-out' })
    expect(scene.server.bought).toHaveLength(1)

    await scene.parent.setCredentials({ clientSecret: 'invented-secret', refreshToken: 'invented-other' })
    await scene.clock.advance(MINUTE)
    expect(await bought()).toBe('quotes-2')
  })

  it('P14 drops what was bought with the tokens of other credentials', async () => {
    await bought()
    await scene.parent.setCredentials({ refreshToken: 'invented-other' })
    await scene.clock.advance(MINUTE)
    expect(await bought()).toBe('quotes-2')
  })

  it('P12 ends with the parent, and leaves nothing behind', async () => {
    await bought()
    await scene.parent.dispose()
    await expect(session.getToken()).rejects.toMatchObject({ code: 'disposed' })
    expect(scene.clock.pending).toBe(0)
  })

  it('P12 may end before the parent', async () => {
    await bought()
    await session.dispose()
    await scene.parent.setCredentials({ refreshToken: 'invented-other' })
    await scene.parent.signOut()
    expect(scene.server.bought).toHaveLength(1)
  })

  it('keeps its token over a restart, where it has a store', async () => {
    const store = memoryStore()
    const first = deriveSession(scene.parent, scene.quotes, { clock: scene.clock, store })
    await first.getToken()
    await first.dispose()
    const second = deriveSession(scene.parent, scene.quotes, { clock: scene.clock, store })
    expect((await second.getToken()).value).toBe('quotes-1')
    expect([second.account, scene.server.bought.length]).toEqual(['default/quotes', 1])
    await second.dispose()
  })

  it('names its provider in errors, and refuses one without a name', () => {
    expect(() => deriveSession(scene.parent, { ...scene.quotes, name: '' })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
    expect([session.provider.issuer, session.provider.environment]).toEqual(['https://broker.test#quotes', 'sandbox'])
  })
})
