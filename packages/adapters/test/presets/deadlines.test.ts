import { createSession, memoryStore, type TokenSession } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { oauth2, type OAuth2Options } from '../../src/oauth2.ts'
import { presets } from '../../src/presets.ts'
import { DOCUMENTED, type RefreshingName } from './documented.ts'
import { createFake, type Documented } from './fake.ts'

// Days of refreshes, on a machine that has other things to do.
vi.setConfig({ testTimeout: 60_000 })

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** For logins of days: of tokens that live longer than theirs there are fewer. */
const LONGER = { lifetime: 14_400 } as const

function open(name: RefreshingName, changes: Partial<Documented> = {}, options: Partial<OAuth2Options> = {}) {
  const clock = new VirtualClock()
  const fake = createFake(clock, { ...DOCUMENTED[name], ...changes })
  const provider = oauth2({ ...presets[name], fetch: fake.fetch, clock, ...options })
  const session = createSession({ provider, credentials: fake.credentials, clock, store: memoryStore(), eager: true })
  onTestFinished(() => session.dispose())
  return { clock, fake, session, began: clock.now(), reminders: remindersOf(session) }
}

function remindersOf(session: TokenSession): { at: number; deadline: number }[] {
  const reminders: { at: number; deadline: number }[] = []
  session.events$.subscribe((event) => {
    if (event.type === 'reauthentication-due') reminders.push({ at: event.at, deadline: event.deadline })
  })
  return reminders
}

describe('the end of a login', () => {
  it('at schwab is told of a day ahead, once, and then it comes', async () => {
    const { clock, session, began, reminders } = open('schwab', LONGER)
    await clock.advance(7 * DAY - 1)
    expect(reminders).toEqual([{ at: began + 6 * DAY, deadline: began + 7 * DAY }])
    expect(session.getSnapshot()).toMatchObject({ usable: true, loginExpiresAt: began + 7 * DAY })
    await clock.advance(4 * HOUR)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
    expect(reminders).toHaveLength(1)
  })

  it('at spotify is known from the first token on: six months, to the day or sooner', async () => {
    const { clock, session, began } = open('spotify')
    await clock.advance(1)
    expect(session.getSnapshot().loginExpiresAt).toBe(began + 180 * DAY)
  })

  it('at google is not known, unless access was granted for a time', async () => {
    const forEver = open('google')
    await forEver.clock.advance(1)
    expect(forEver.session.getSnapshot()).toMatchObject({ usable: true, loginExpiresAt: null })

    const changes = {
      ...LONGER,
      refreshLifetime: (7 * DAY) / 1_000,
      from: 'login',
      tellsRefreshLifetime: true,
    } as const
    const { clock, session, began, reminders } = open('google', changes)
    await clock.advance(7 * DAY - HOUR)
    expect(session.getSnapshot().usable).toBe(true)
    // A server tells it in whole seconds.
    const seconds = reminders.map(({ at, deadline }) => [at, deadline].map((time) => Math.ceil((time - began) / 1_000)))
    expect(seconds).toEqual([[(6 * DAY) / 1_000, (7 * DAY) / 1_000]])
  })

  it('at github is put off by each refresh, and not told of while those go on', async () => {
    const { clock, session, reminders } = open('github')
    await clock.advance(10 * DAY)
    const { issuedAt, loginExpiresAt } = session.getSnapshot()
    expect(loginExpiresAt).toBe((issuedAt ?? 0) + 184 * DAY)
    expect(reminders).toEqual([])
  })

  it.for(['microsoft', 'tradestation'] as const)(
    'at %s is not known, unless the application knows of one',
    async (name) => {
      const usual = open(name)
      await usual.clock.advance(DAY)
      expect(usual.session.getSnapshot()).toMatchObject({ usable: true, loginExpiresAt: null })

      const { clock, began, reminders } = open(name, {}, { loginLifetime: DAY })
      await clock.advance(DAY - 1)
      expect(reminders).toEqual([{ at: began + 18 * HOUR, deadline: began + DAY }])
    },
  )

  it('at microsoft is also one where the person has to consent', async () => {
    const dead = () => Response.json({ error: 'consent_required', error_description: 'AADSTS65001' }, { status: 400 })
    const { clock, fake, session } = open('microsoft', { refreshLifetime: 0, dead })
    await clock.advance(DAY)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked' })
    expect(fake.requests).toHaveLength(1)
  })
})
