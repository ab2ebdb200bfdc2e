import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/clock.ts'
import type { TokenResponse } from '../src/provider.ts'
import { emptyLedger } from '../src/records/record.ts'
import { fingerprint, secret } from '../src/secret.ts'
import { AHEAD, MARK, NOW, storedToken } from './support/exchange-view.ts'
import { exchangeOnce, type ExchangeSetup } from './support/one-exchange.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Now, on the server's line. */
const THERE = NOW + AHEAD

const granted = (answer: Partial<TokenResponse>, more: Omit<ExchangeSetup, 'answer'> = {}) =>
  exchangeOnce({ ...more, answer: { accessToken: 'invented-new', expiresIn: 900, ...answer } })

const later = (clock: Clock, ms: number) =>
  new Promise<void>((resolve) => {
    clock.alarm(clock.monotonic() + ms, resolve)
  })

describe('an answer with a token', () => {
  it('is saved and handed out, and closes what was open', async () => {
    const { outcome, record, ledger, steps, sent } = await granted(
      { scope: 'read', tokenType: 'DPoP' },
      {
        record: {
          generation: 4,
          retryAt: THERE - 1,
          dead: [
            { fingerprint: MARK, reason: 'grant-revoked' },
            { fingerprint: 'of another', reason: 'grant-revoked' },
          ],
        },
        request: { have: 6, force: true },
      },
    )
    const times = { issuedAt: NOW, expiresAt: NOW + 15 * MINUTE }
    expect(outcome).toMatchObject({ type: 'granted', note: null, mandatoryAt: NOW + 14 * MINUTE })
    expect(outcome).toMatchObject({ token: { ...times, generation: 7, tokenType: 'DPoP', scope: 'read' } })
    expect(record).toMatchObject({
      generation: 7,
      token: { value: 'invented-new', type: 'DPoP', scope: 'read', issuedAt: THERE, expiresAt: THERE + 15 * MINUTE },
      lifetime: 15 * MINUTE,
      grantedAt: THERE,
      clockOffset: AHEAD,
      rotates: false,
      credentials: null,
      journal: null,
      retryAt: null,
      dead: [{ fingerprint: 'of another', reason: 'grant-revoked' }],
    })
    expect(ledger).toEqual(emptyLedger())
    expect(steps).toEqual(['lease', 'read', 'admitted', 'journaled', 'answered', 'saved', 'settled', 'released'])
    expect(sent.map(({ refreshToken }) => refreshToken?.reveal())).toEqual(['invented-refresh'])
  })

  it('is a Bearer token without scope unless it says otherwise', async () => {
    const { outcome, record } = await granted({})
    expect(outcome).toMatchObject({ token: { tokenType: 'Bearer', scope: null } })
    expect(record.token).toMatchObject({ type: 'Bearer', scope: null })
  })

  it.for([
    ['as many seconds as it says', { expiresIn: 90 }, 90 * SECOND],
    ['no more than a year', { expiresIn: 400 * 86_400 }, 366 * DAY],
    ['until the time that it says, by the server’s clock', { expiresAt: THERE + HOUR }, HOUR],
    ['no more than a year from such a time', { expiresAt: THERE + 400 * DAY }, 366 * DAY],
    ['as many seconds as it says, if the time is none', { expiresAt: Number.NaN, expiresIn: 90 }, 90 * SECOND],
    ['a minute, if the seconds are none', { expiresIn: Number.NaN }, MINUTE],
  ] as const)('lives %s', async ([, answer, lifetime]) => {
    const { outcome, record } = await granted(answer)
    expect(outcome).toMatchObject({ type: 'granted', token: { expiresAt: NOW + lifetime } })
    expect(record).toMatchObject({ lifetime, token: { expiresAt: THERE + lifetime } })
  })

  it('may be sealed', async () => {
    const { outcome, record } = await granted({ accessToken: secret('invented-sealed') })
    expect(outcome.type === 'granted' && outcome.token.value).toBe('invented-sealed')
    expect(record.token?.value).toBe('invented-sealed')
  })

  it('lives a minute if it does not say how long', async () => {
    const { outcome } = await exchangeOnce({ answer: { accessToken: 'invented-new' } })
    expect(outcome).toMatchObject({ type: 'granted', token: { expiresAt: NOW + MINUTE } })
  })

  it('P15 lives from the start of its request on, and corrects the clock by its Date', async () => {
    const { outcome, record } = await exchangeOnce({
      passing: 2 * SECOND,
      async answer(clock) {
        await later(clock, 2 * SECOND)
        return { accessToken: 'invented-new', expiresIn: 900, date: NOW + HOUR + SECOND - 500 }
      },
    })
    expect(outcome).toMatchObject({ type: 'granted', token: { issuedAt: NOW, expiresAt: NOW + 15 * MINUTE } })
    expect(record).toMatchObject({ grantedAt: NOW + HOUR, clockOffset: HOUR })
  })
})

describe('a refresh token in an answer', () => {
  it.for([
    ['as text', 'invented-rotated'],
    ['sealed', secret('invented-rotated')],
  ] as const)('P7 takes the place of the old one, %s', async ([, refreshToken]) => {
    const credentials = { clientId: 'client-1', refreshToken: 'invented-older' }
    const { record } = await granted({ refreshToken }, { record: { credentials } })
    expect(record.credentials).toEqual({ clientId: 'client-1', refreshToken: 'invented-rotated' })
    expect(record.rotates).toBe(true)
  })

  it.for([
    ['none', {}],
    ['an empty one', { refreshToken: '' }],
  ] as const)('leaves the old one alone: %s', async ([, answer]) => {
    const credentials = { refreshToken: 'invented-older' }
    const first = await granted(answer, { record: { credentials } })
    expect([first.record.credentials, first.record.rotates]).toEqual([credentials, false])
    const later = await granted(answer, { record: { credentials, rotates: true } })
    expect([later.record.credentials, later.record.rotates]).toEqual([credentials, true])
  })
})

describe('an answer that brings nothing', () => {
  const useless = { type: 'transient', error: { code: 'no-progress' } }

  it.for([
    ['a token that lives less than a second', { expiresIn: 0.999 }],
    ['a token without a life', { expiresIn: -5 }],
    ['a token that had died before', { expiresAt: THERE - 1 }],
  ] as const)('P13 %s is saved as no token, and the next request waits for the floor at least', async ([, answer]) => {
    const { outcome, record } = await granted(answer)
    expect(outcome).toMatchObject({ ...useless, retryAt: NOW + 5 * SECOND })
    expect(record).toMatchObject({ generation: 0, token: null, lifetime: null, journal: null, grantedAt: THERE })
  })

  it.for([1, 2])('P5 a token of a second that is %s seconds on its way is saved as no token', async (seconds) => {
    const { outcome, record } = await exchangeOnce({
      passing: 2 * SECOND,
      async answer(clock) {
        await later(clock, seconds * SECOND)
        return { accessToken: 'invented-new', expiresIn: 1 }
      },
    })
    expect(outcome).toMatchObject(useless)
    expect(record.token).toBeNull()
  })

  it('P13 the wait grows with the failures before it', async () => {
    const { outcome } = await granted({ expiresIn: 0 }, { request: { attempts: 3 } })
    expect(outcome).toMatchObject({ ...useless, retryAt: NOW + 16 * SECOND })
  })

  it('P13 the floor is that of the last token', async () => {
    const { outcome } = await granted({ expiresIn: 0 }, { record: { lifetime: 8 * SECOND } })
    expect(outcome).toMatchObject({ ...useless, retryAt: NOW + 2 * SECOND })
  })

  it('P13 a token of one second is one', async () => {
    expect((await granted({ expiresIn: 1 })).outcome.type).toBe('granted')
  })

  it('P9 an empty token is an answer that cannot be read', async () => {
    const { outcome, record } = await granted({ accessToken: '' })
    expect(outcome).toMatchObject({
      type: 'transient',
      error: { code: 'token-request-failed', details: { failure: { kind: 'malformed', status: 200 } } },
    })
    expect(record.token).toBeNull()
  })

  it('P7 a new refresh token that comes with it is saved all the same', async () => {
    const { record } = await granted({ accessToken: '', refreshToken: 'invented-rotated' })
    expect(record.credentials).toEqual({ refreshToken: 'invented-rotated' })
  })
})

describe('the same token again', () => {
  const present = { token: { ...storedToken, value: 'invented-new' }, generation: 3, lifetime: 15 * MINUTE } as const
  const request = { have: 3 }

  it('P13 keeps its generation, says so, and is asked about later than planned', async () => {
    const { outcome, record } = await granted({ expiresIn: 6 }, { record: present, request })
    const refreshAt = NOW + 3.9 * SECOND
    expect(outcome).toMatchObject({
      type: 'granted',
      token: { generation: 3 },
      refreshAt,
      mandatoryAt: NOW + 5.4 * SECOND,
    })
    expect(outcome).toMatchObject({ note: { code: 'no-progress', details: { retryAt: refreshAt } } })
    expect(record.generation).toBe(3)
    const later = await granted({ expiresIn: 6 }, { record: present, request: { ...request, attempts: 5 } })
    const paused = NOW + 64 * SECOND
    expect(later.outcome).toMatchObject({ type: 'granted', refreshAt: paused, mandatoryAt: paused })
  })

  it('P5 is none if it was refused while the request was under way', async () => {
    const { outcome, record } = await granted({}, { record: present, request, rejected: 3 })
    expect(outcome).toMatchObject({ type: 'transient', error: { code: 'no-progress' } })
    expect(record).toMatchObject({ token: null, rejected: 3, rejectedMark: fingerprint('invented-new') })
  })

  it('P5 is none if it was refused long before', async () => {
    const rejectedMark = fingerprint('invented-new')
    const { outcome, record } = await granted({}, { record: { generation: 3, rejected: 3, rejectedMark }, request })
    expect(outcome).toMatchObject({ type: 'transient', error: { code: 'no-progress' } })
    expect(record).toMatchObject({ generation: 3, token: null, rejected: 3, rejectedMark })
  })

  it('P5 another token is not taken for the refused one', async () => {
    const rejectedMark = fingerprint('invented-older')
    const { outcome } = await granted(
      {},
      { record: { generation: 3, rejected: 3, rejectedMark }, request, rejected: 3 },
    )
    expect(outcome).toMatchObject({ type: 'granted', token: { generation: 4 } })
  })
})
