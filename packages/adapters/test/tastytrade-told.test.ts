import {
  createSession,
  isCredentialsMissing,
  isCredentialsUnreadable,
  isEvergrantError,
  isGrantRevoked,
  isWaitTimeout,
  type CredentialsInput,
  type EvergrantError,
} from '@evergrant/core'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { envCredentials } from '../src/env.ts'
import { createTastytrade, type CreateTastytradeOptions } from '../src/tastytrade.ts'

function setUp(options: CreateTastytradeOptions = {}) {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock })
  const client = createTastytrade({ fetch: fake.fetch, clock, credentials: fake.credentials, ...options })
  return { ...client, clock, fake }
}

async function told(call: PromiseLike<unknown>): Promise<EvergrantError> {
  const error = await Promise.resolve(call).then(
    () => expect.fail('It did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!isEvergrantError(error)) throw error
  return error
}

describe('a call of createTastytrade() that gets no token', () => {
  it.for([
    [{}, 8_000],
    [{ policy: { maxWait: 60_000 } }, 8_000],
    [{ policy: { maxWait: 2_000 } }, 2_000],
  ] as const)('P12 is told why, before ky gives up: %o', async ([options, waited]) => {
    const { api, session, clock, fake } = setUp(options)
    fake.fail('connection-reset', { times: Number.POSITIVE_INFINITY })
    const answer = told(api.get('customers/me'))
    await clock.advance(waited)
    const error = await answer
    expect(error.code).toMatch(/^(?:wait-timeout|token-unavailable)$/)
    expect(error.cause).toHaveProperty('details.failure.kind', 'network')
    const tokenRequests = fake.tokenRequests
    expect(tokenRequests).toBeGreaterThan(0)
    expect(fake.count({ kind: 'api' })).toBe(0)
    await session.dispose()
  })

  it('P12 is told so also while the first request hangs', async () => {
    const { api, session, clock, fake } = setUp()
    fake.fail('never-answers', { times: Number.POSITIVE_INFINITY })
    const answer = told(api.get('customers/me'))
    await clock.advance(8_000)
    const error = await answer
    expect(isWaitTimeout(error) && error.details.waited).toBe(8_000)
    const disposal = session.dispose()
    await clock.advance(60_000)
    await disposal
  })
})

describe('what was pasted wrongly', () => {
  it('loses what cannot be seen, in options, from the environment and later', async () => {
    for (const junk of ['\u00A0', '\u200B', '\uFEFF', '\u2060\u200D']) {
      const fake = fakeTastytrade()
      const { clientSecret, refreshToken } = fake.credentials
      const pasted = { clientSecret: `${junk}${clientSecret}`, refreshToken: `${refreshToken}${junk}` }
      const environment = { TT_SECRET: pasted.clientSecret, TT_REFRESH: pasted.refreshToken }
      for (const credentials of [pasted, envCredentials({ file: false, environment })]) {
        const { session } = createTastytrade({ fetch: fake.fetch, credentials })
        expect((await session.getToken()).generation).toBe(1)
        await session.dispose()
      }
      const { session } = createTastytrade({ fetch: fake.fetch })
      await session.setCredentials(pasted)
      expect((await session.getToken()).generation).toBe(1)
      await session.dispose()
    }
  })

  it('and is no refresh token: to copy it again comes first', async () => {
    const { session, fake } = setUp()
    const { clientSecret, refreshToken } = fake.credentials
    await session.setCredentials({ clientSecret, refreshToken: `Bearer ${refreshToken}` })
    fake.fail('invalid-jwt')
    const error = await told(session.getToken())
    expect(isGrantRevoked(error)).toBe(true)
    expect(error.help).toMatch(/^What was given is no refresh token, or not all of it/)
    expect(error.help).toContain('Copy it again')
    expect(session.getSnapshot().lastFailure?.help).toBe(error.help)
    await session.dispose()
  })

  it('but a revoked grant is still one', async () => {
    const { session, fake } = setUp()
    fake.revokeGrant()
    expect((await told(session.getToken())).help).toMatch(/^The grant was deleted/)
    await session.dispose()
  })
})

describe('credentials that lack something', () => {
  const cases: readonly (readonly [CredentialsInput, string])[] = [
    [{ clientSecret: undefined, refreshToken: 'made-up' }, 'clientSecret'],
    [{ clientSecret: 'made-up', refreshToken: '' }, 'refreshToken'],
    [{ clientId: 'made-up' }, 'clientSecret'],
  ]
  it.for(cases)('are told of by what is missing, and nothing is sent: %o', async ([credentials, missing]) => {
    const { session, fake } = setUp({ credentials })
    const error = await told(session.getToken())
    expect(isCredentialsUnreadable(error) && error.details).toEqual({ source: 'credentials' })
    expect(error.message).toContain(missing)
    expect(error.help).toContain(missing)
    expect(error.help).not.toContain('report it')
    expect(fake.requests).toHaveLength(0)
    await session.setCredentials(fake.credentials)
    expect((await session.getToken()).generation).toBe(1)
    await session.dispose()
  })

  it('are no trouble where the store has the rest', async () => {
    const { session, fake } = setUp({ credentials: {} })
    await session.setCredentials({ refreshToken: fake.credentials.refreshToken })
    expect((await told(session.getToken())).message).toContain('clientSecret')
    await session.setCredentials({ clientSecret: fake.credentials.clientSecret })
    expect((await session.getToken()).generation).toBe(1)
    await session.dispose()
  })
})

describe('no credentials at all', () => {
  it('says which names were looked for, and where', async () => {
    const { session } = setUp({ credentials: envCredentials({ file: '/nowhere/.env', environment: {} }) })
    const error = await told(session.getToken())
    expect(isCredentialsMissing(error)).toBe(true)
    expect(error.help).toContain('TASTY_CLIENT_SECRET')
    expect(error.help).toContain('TASTY_REFRESH_TOKEN')
    expect(error.help).toContain('/nowhere/.env')
    expect(error.help).toContain('Get a client secret and a refresh token')
    await session.dispose()
  })
})

describe('an option that there is not', () => {
  it('is answered with those of createTastytrade(), all of them', () => {
    const helpOf = (make: () => unknown): string => {
      try {
        make()
      } catch (error) {
        if (isEvergrantError(error)) return error.help
      }
      return expect.fail('It was taken')
    }
    const names = (help: string) => help.replace(/^Known options: |\.$/g, '').split(', ')
    const known = names(helpOf(() => createTastytrade({ enviroment: 'sandbox' } as object)))
    expect(known).toContain('environment')
    expect(known).not.toContain('provider')
    const { provider } = setUp().session
    const ofSession = names(helpOf(() => createSession({ provider, enviroment: 1 } as never)))
    expect(known).toEqual(expect.arrayContaining(ofSession.filter((name) => name !== 'provider')))
  })
})
