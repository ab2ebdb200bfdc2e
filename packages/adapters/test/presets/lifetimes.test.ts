import { createSession, memoryStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { oauth2 } from '../../src/oauth2.ts'
import { presetFacts, presets } from '../../src/presets.ts'
import { failureOf } from '../support/failure-of.ts'
import { DOCUMENTED, type RefreshingName } from './documented.ts'
import { createFake, type Documented } from './fake.ts'

// Months of refreshes, on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000 })

const DAY = 86_400_000
const LIFETIMES = 5
const NAMES = Object.keys(DOCUMENTED) as readonly RefreshingName[]

function open(name: RefreshingName, changes: Partial<Documented> = {}, clientSecret?: string) {
  const clock = new VirtualClock()
  const fake = createFake(clock, { ...DOCUMENTED[name], ...changes })
  const provider = oauth2({ ...presets[name], fetch: fake.fetch, clock })
  const credentials = { ...fake.credentials, ...(clientSecret === undefined ? {} : { clientSecret }) }
  const session = createSession({ provider, credentials, clock, store: memoryStore() })
  onTestFinished(() => session.dispose())
  return { clock, fake, session }
}

describe.for(NAMES)('a session at %s', (name) => {
  it('P7 lives over several lifetimes with one request each, and always has a living token', async () => {
    const { clock, fake, session } = open(name)
    const values = new Set<string>()
    const step = (DOCUMENTED[name].lifetime * 1_000) / 12
    for (let steps = 0; values.size < LIFETIMES; steps += 1) {
      expect(steps).toBeLessThan(12 * LIFETIMES)
      const token = await session.getToken()
      expect(fake.knows(token.value)).toBe(true)
      expect(token.authorization).toBe(`Bearer ${token.value}`)
      expect((token.expiresAt - token.issuedAt) / 1_000).toBe(DOCUMENTED[name].lifetime)
      values.add(token.value)
      if (values.size < LIFETIMES) await clock.advance(step)
    }
    expect(fake.requests).toHaveLength(LIFETIMES)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', lastFailure: null })
  })

  it('P2 stays quiet once the grant is dead', async () => {
    const { clock, fake, session } = open(name, { refreshLifetime: 60, from: 'login', rotation: 'none' })
    await clock.advance(61_000)
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    expect(await waiting).toMatchObject({ code: 'grant-revoked' })
    await clock.advance(DAY)
    expect(fake.requests).toHaveLength(1)
  })

  it.skipIf(DOCUMENTED[name].authentication === 'none')('P2 stays quiet after a wrong client secret', async () => {
    const { clock, fake, session } = open(name, {}, 'made-up-wrong')
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    expect(await waiting).toMatchObject({
      code: name === 'tradestation' ? 'grant-revoked' : 'client-rejected',
    })
    await clock.advance(DAY)
    expect(fake.requests).toHaveLength(1)
  })

  it('says the same as the documentation', () => {
    const { lifetime, refreshLifetime, from } = DOCUMENTED[name]
    expect(presetFacts[name]).toMatchObject({
      accessTokenLifetime: lifetime,
      refreshTokenLifetime: refreshLifetime,
      refreshTokenLifetimeFrom: from,
    })
    for (const { url } of presetFacts[name].sources) expect(new URL(url).protocol).toBe('https:')
  })
})

describe('a session at schwab', () => {
  it('P2 ends seven days after the login, and no refresh moves that', async () => {
    const { clock, fake, session } = open('schwab')
    await session.getToken()
    await clock.advance(7 * DAY - 60_000)
    expect(fake.knows((await session.getToken()).value)).toBe(true)
    await clock.advance(DAY / 24)
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    expect(await waiting).toMatchObject({
      code: 'grant-revoked',
      help: expect.stringContaining('seven days'),
    })
    const sent = fake.requests.length
    await clock.advance(DAY)
    expect(fake.requests).toHaveLength(sent)
  })

  it('P9 is not condemned by that code without a word of the refresh token', async () => {
    const upstream = () =>
      Response.json({ error: 'unsupported_token_type', error_description: 'Upstream' }, { status: 400 })
    const { clock, session } = open('schwab', { refreshLifetime: 0, dead: upstream })
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    expect(await waiting).toMatchObject({ code: 'token-unavailable' })
    expect(session.getSnapshot().state).toBe('backoff')
  })
})

describe('a session at tradestation', () => {
  it('P7 lives for a day on rotating refresh tokens of half an hour', async () => {
    const { clock, fake, session } = open('tradestation', {
      rotation: 'old one dies',
      refreshLifetime: 1_800,
      from: 'issue',
    })
    for (let minutes = 0; minutes < 24 * 60; minutes += 5) {
      expect(fake.knows((await session.getToken()).value)).toBe(true)
      await clock.advance(300_000)
    }
    expect(fake.requests.every(({ status }) => status === 200)).toBe(true)
  })
})

describe('a session at spotify', () => {
  it('P7 takes a new refresh token where one comes', async () => {
    const { clock, fake, session } = open('spotify', { rotation: 'old one dies' })
    for (let hours = 0; hours < 24; hours += 1) {
      expect(fake.knows((await session.getToken()).value)).toBe(true)
      await clock.advance(DAY / 24)
    }
    expect(fake.requests.every(({ status }) => status === 200)).toBe(true)
  })
})
