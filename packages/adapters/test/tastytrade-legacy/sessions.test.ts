import { memoryStore, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { json } from '../support/scripted-fetch.ts'
import { LOGIN, PASSWORD } from './fake.ts'
import { createRig, proofs } from './rig.ts'

const DAY = 86_400_000

describe('a session with user name and password', () => {
  it('P7 lives for days on remember tokens, each used once, and never without a living token', async () => {
    const { clock, fake, open } = createRig()
    const session = open()
    const values = new Set<string>()
    for (let hour = 0; hour < 5 * 24; hour += 1) {
      const token = await session.getToken()
      expect(fake.knows(token.authorization)).toBe(true)
      expect(token.authorization).toBe(token.value)
      values.add(token.value)
      await clock.advance(DAY / 24)
    }
    expect(values.size).toBeGreaterThanOrEqual(5)
    expect(new Set(proofs(fake).slice(1))).toEqual(new Set(['remember-token']))
    expect(fake.log.every(({ status }) => status === 201)).toBe(true)
  })

  it('P7 has stored the next remember token before anybody gets the session token', async () => {
    const { open } = createRig()
    const kept = memoryStore()
    let stored = ''
    const store: TokenStore = {
      ...kept,
      async write(key, value, options) {
        const revision = await kept.write(key, value, options)
        stored += JSON.stringify(value)
        return revision
      },
    }
    await open({}, undefined, { store }).getToken()
    expect(stored).toContain('made-up-remember/1')
  })

  it('begins with a remember token alone', async () => {
    const { fake, open } = createRig()
    await open().getToken()
    const session = open({}, { clientId: LOGIN, refreshToken: 'made-up-remember/1' })
    expect((await session.getToken()).value).toBe('made-up-session+2')
    expect(proofs(fake)).toEqual(['password', 'remember-token'])
  })

  it('goes on with the password where the remember token has expired, and asks for nothing twice', async () => {
    const { clock, fake, open } = createRig()
    const session = open()
    await session.getToken()
    fake.forget()
    await clock.advance(DAY)
    expect(fake.knows((await session.getToken()).value)).toBe(true)
    expect(proofs(fake)).toEqual(['password', 'remember-token', 'password'])
    expect(session.getSnapshot().state).toBe('valid')
  })

  it('P2 stays quiet after a password that is wrong', async () => {
    const { clock, fake, open } = createRig()
    const session = open({}, { clientId: LOGIN, clientSecret: 'made-up-wrong' })
    expect(await failureOf(session.getToken())).toMatchObject({
      code: 'client-rejected',
      help: expect.stringContaining('Check the user name and the password'),
      cause: { message: expect.stringContaining('the user name or the password was refused') },
    })
    await clock.advance(3 * DAY)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'client-rejected' })
    expect(fake.log).toHaveLength(1)
    await session.setCredentials({ clientId: LOGIN, clientSecret: PASSWORD })
    await clock.settle()
    expect((await session.getToken()).value).toBe('made-up-session+1')
  })

  it('P2 stays quiet after a remember token that is spent, where there is no password', async () => {
    const { clock, fake, open } = createRig()
    const session = open({}, { clientId: LOGIN, refreshToken: 'made-up-spent' })
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    await clock.advance(DAY)
    expect(fake.log).toHaveLength(1)
  })

  it('sends a remember token once only that is known to be refused', async () => {
    const { clock, fake, open } = createRig()
    const session = open({}, { clientId: LOGIN, clientSecret: 'made-up-wrong', refreshToken: 'made-up-spent' })
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'client-rejected' })
    await session.setCredentials({ clientId: LOGIN, clientSecret: PASSWORD })
    await clock.settle()
    await session.getToken()
    expect(proofs(fake)).toEqual(['remember-token', 'password', 'password'])
  })

  it.for([
    { name: 'a path that is gone', answer: () => new Response('<html>Not Found</html>', { status: 404 }) },
    { name: '410', answer: () => json({}, 410) },
    {
      name: 'words',
      answer: () => json({ error: { code: 'not_permitted', message: 'Session login is no longer supported' } }, 403),
    },
    { name: 'a code', answer: () => json({ error: { code: 'sessions_deprecated' } }, 401) },
  ])('P2 leads to OAuth once the login is retired: $name', async ({ answer }) => {
    const { clock, fake, open } = createRig()
    const session = open({}, { clientId: LOGIN, clientSecret: PASSWORD, refreshToken: 'made-up-remember/0' })
    fake.instead = answer
    expect(await failureOf(session.getToken())).toMatchObject({
      code: 'client-rejected',
      help: expect.stringMatching(/^Go over to OAuth: .*createTastytrade/),
      cause: { message: expect.stringContaining('tastytrade has retired the login with user name and password') },
    })
    await clock.advance(DAY)
    expect(fake.log).toHaveLength(1)
  })

  it('P9 does not condemn a login for a server in distress', async () => {
    const { clock, fake, open } = createRig()
    const session = open()
    const error = { code: 'invalid_credentials', message: 'Invalid login' }
    fake.instead = () => json({ error }, 503)
    const waiting = failureOf(session.getToken())
    await clock.settle()
    fake.instead = null
    await clock.advance(30_000)
    expect(await waiting).toBeNull()
    expect(session.getSnapshot().state).toBe('valid')
  })

  it('takes a day where the server names no end that can be read', async () => {
    const { fake, open } = createRig()
    const session = open()
    const data = { 'session-token': 'made-up-session', 'session-expiration': '2026-03-02 15:00' }
    fake.instead = () => json({ data }, 201)
    const { issuedAt, expiresAt } = await session.getToken()
    expect(expiresAt - issuedAt).toBe(DAY)
  })
})
