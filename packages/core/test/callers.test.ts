import { getEventListeners } from 'node:events'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { EvergrantError, isMinTtlUnreachable, isWaitTimeout, type ErrorCode } from '../src/errors.ts'
import type { SessionState } from '../src/machine/session-status.ts'
import { answer, createCallers, type Demand, type Standing } from '../src/session/callers.ts'
import { createTimeline } from '../src/time/timeline.ts'
import { accessToken, type AccessToken } from '../src/token.ts'

const NOW = 1_000_000
const MINUTE = 60_000

function tokenOf(generation: number, ttl = 10 * MINUTE, lifetime = 15 * MINUTE): AccessToken {
  const expiresAt = NOW + ttl
  return accessToken({ value: 'invented-access', generation, issuedAt: expiresAt - lifetime, expiresAt })
}

function errorOf(code: ErrorCode): EvergrantError {
  const details = { account: 'main' }
  return new EvergrantError(code, { message: `of ${code}`, help: `for ${code}`, details, cause: new Error('why') })
}

const anyToken: Demand = { newerThan: 0, minTtl: 0, deadline: NOW + MINUTE }
const idle: Standing = { state: 'unauthenticated', token: null, busy: false, retryAt: null, error: null }

/** What a caller is told, in one word: `token`, `wait`, or the code of the error. */
function told(standing: Partial<Standing>, demand: Partial<Demand> = {}): string {
  const now = answer({ ...anyToken, ...demand }, { ...idle, ...standing }, NOW)
  if (now === null) return 'wait'
  return 'token' in now ? 'token' : now.error.code
}

const SOON = NOW + MINUTE - 1
const LATE = NOW + MINUTE + 1

type Row = readonly [string, Partial<Standing>, Partial<Demand>, string]

const TABLE: readonly Row[] = [
  ['the present token is given in any state', { token: tokenOf(1), state: 'valid' }, {}, 'token'],
  ['P6 while it is being renewed', { token: tokenOf(1), state: 'expiring', busy: true }, {}, 'token'],
  [
    'P6 while renewing it fails',
    { token: tokenOf(1), state: 'expiring', error: errorOf('grant-revoked') },
    {},
    'token',
  ],
  ['P6 while blocked', { token: tokenOf(1), state: 'blocked', error: errorOf('edge-refused') }, {}, 'token'],
  [
    'P6 once the grant is revoked',
    { token: tokenOf(1), state: 'revoked', error: errorOf('grant-revoked') },
    {},
    'token',
  ],
  ['a caller with a newer wish waits for it', { token: tokenOf(1), state: 'valid' }, { newerThan: 1 }, 'wait'],
  ['and gets it', { token: tokenOf(2), state: 'valid' }, { newerThan: 1 }, 'token'],
  ['a token that lives as long as is asked', { token: tokenOf(1), state: 'valid' }, { minTtl: 10 * MINUTE }, 'token'],
  ['one that does not is waited for', { token: tokenOf(1), state: 'valid' }, { minTtl: 10 * MINUTE + 1 }, 'wait'],
  ['a token of just the lifetime may come', { token: tokenOf(1), state: 'valid' }, { minTtl: 15 * MINUTE }, 'wait'],
  [
    'no token of this server lives so long',
    { token: tokenOf(1), state: 'valid' },
    { minTtl: 15 * MINUTE + 1 },
    'min-ttl-unreachable',
  ],
  [
    'nor does one that is on its way',
    { token: tokenOf(1), state: 'expiring', busy: true },
    { minTtl: 15 * MINUTE + 1 },
    'min-ttl-unreachable',
  ],
  ['a request is under way', { state: 'refreshing', busy: true, error: errorOf('grant-revoked') }, {}, 'wait'],
  ['a request is about to be', { state: 'refreshing' }, {}, 'wait'],
  ['the store is being read', { state: 'unauthenticated', busy: true }, {}, 'wait'],
  ['nobody has asked yet', { state: 'unauthenticated' }, {}, 'wait'],
  ['what was so before is being looked at anew', { busy: true, error: errorOf('signed-out') }, {}, 'wait'],
  [
    'a newer token is being fetched',
    { state: 'expiring', token: tokenOf(1), busy: true, error: errorOf('internal') },
    { newerThan: 1 },
    'wait',
  ],
  ['there are no credentials', { error: errorOf('credentials-missing') }, {}, 'credentials-missing'],
  ['signed out', { error: errorOf('signed-out') }, {}, 'signed-out'],
  ['the grant is revoked', { state: 'revoked', error: errorOf('grant-revoked') }, {}, 'grant-revoked'],
  ['revoked, and nobody knows why yet', { state: 'revoked' }, {}, 'wait'],
  [
    'the grant is revoked, whatever is planned',
    { state: 'revoked', retryAt: SOON, error: errorOf('grant-revoked') },
    {},
    'grant-revoked',
  ],
  ['blocked, and nobody knows why yet', { state: 'blocked', retryAt: LATE }, {}, 'wait'],
  [
    'revoked, for whoever wants more than the present token',
    { state: 'revoked', token: tokenOf(1), error: errorOf('rotation-lost') },
    { newerThan: 1 },
    'rotation-lost',
  ],
  [
    'P12 the block ends too late for this caller',
    { state: 'blocked', retryAt: LATE, error: errorOf('ip-block-suspected') },
    {},
    'ip-block-suspected',
  ],
  [
    'the block is looked at soon enough',
    { state: 'blocked', retryAt: SOON, error: errorOf('edge-refused') },
    {},
    'wait',
  ],
  ['nobody knows when', { state: 'blocked', retryAt: null, error: errorOf('edge-refused') }, {}, 'edge-refused'],
  ['the next try comes at the very bound', { state: 'backoff', retryAt: SOON + 1 }, {}, 'token-unavailable'],
  ['the next try comes soon enough', { state: 'backoff', retryAt: SOON }, {}, 'wait'],
  ['P12 the next try comes too late', { state: 'backoff', retryAt: LATE }, {}, 'token-unavailable'],
  ['the next try is not planned', { state: 'backoff', retryAt: null }, {}, 'token-unavailable'],
  [
    'the next try comes too late for whoever wants more',
    { state: 'expiring', token: tokenOf(1), retryAt: LATE },
    { newerThan: 1 },
    'token-unavailable',
  ],
  ['or soon enough', { state: 'expiring', token: tokenOf(1), retryAt: SOON }, { newerThan: 1 }, 'wait'],
  [
    'P13 the server gives nothing newer',
    { state: 'valid', token: tokenOf(1), error: errorOf('no-progress') },
    { newerThan: 1 },
    'no-progress',
  ],
  [
    'P13 nor a token at all, but may soon',
    { state: 'backoff', retryAt: SOON, error: errorOf('no-progress') },
    {},
    'wait',
  ],
]

const HOPELESS: readonly ErrorCode[] = [
  'record-corrupt',
  'record-from-future',
  'store-corrupt',
  'store-insecure',
  'credentials-unreadable',
  'internal',
]
const HOPEFUL: readonly ErrorCode[] = ['token-request-failed', 'store-unavailable', 'lease-timeout', 'lease-lost']

describe('what a waiting caller is told', () => {
  it.for(TABLE)('%s', ([, standing, demand, word]) => {
    expect(told(standing, demand)).toBe(word)
  })

  it.for(HOPELESS)('%s at once, for waiting does not mend it', (code) => {
    for (const state of ['backoff', 'expiring'] as const) {
      expect(told({ state, retryAt: SOON, error: errorOf(code) })).toBe(code)
    }
  })

  it.for(HOPEFUL)('%s may pass in time', (code) => {
    expect(told({ state: 'backoff', retryAt: SOON, error: errorOf(code) })).toBe('wait')
    expect(told({ state: 'backoff', retryAt: LATE, error: errorOf(code) })).toBe('token-unavailable')
  })

  it('is the same fault in an error of its own, with the stack of this caller', () => {
    const error = errorOf('grant-revoked')
    const now = answer(anyToken, { ...idle, state: 'revoked', error }, NOW)
    const given = now !== null && 'error' in now ? now.error : null
    expect(given).not.toBe(error)
    expect({ ...given?.toJSON(), cause: given?.cause }).toEqual({ ...error.toJSON(), cause: error.cause })
  })

  it('says why there is no token, what to do, and when the next try comes', () => {
    const error = errorOf('token-request-failed')
    const now = answer(anyToken, { ...idle, state: 'backoff', retryAt: LATE, error }, NOW)
    expect(now).toMatchObject({
      error: { code: 'token-unavailable', help: error.help, cause: error, details: { retryAt: LATE } },
    })
    expect(now !== null && 'error' in now && now.error.message).toContain(error.message)
  })

  it('says no cause where there is none', () => {
    const now = answer(anyToken, { ...idle, state: 'backoff' }, NOW)
    const error = now !== null && 'error' in now ? now.error : null
    expect(error?.code).toBe('token-unavailable')
    expect(error).not.toHaveProperty('cause')
  })

  it('says how long tokens live', () => {
    const now = answer({ ...anyToken, minTtl: 20 * MINUTE }, { ...idle, state: 'valid', token: tokenOf(1) }, NOW)
    const error = now !== null && 'error' in now ? now.error : null
    expect(isMinTtlUnreachable(error) && error.details).toEqual({ minTtl: 20 * MINUTE, lifetime: 15 * MINUTE })
  })

  it('P12 is something in every state, once nothing more can come in time', () => {
    const states: readonly SessionState[] = ['unauthenticated', 'backoff', 'blocked', 'revoked', 'expiring']
    for (const state of states) {
      expect(told({ state, retryAt: null, error: errorOf('internal') })).not.toBe('wait')
    }
  })
})

describe('callers that wait', () => {
  function createWaiters() {
    const clock = new VirtualClock({ now: NOW })
    const standing = { ...idle, busy: true } as { -readonly [K in keyof Standing]: Standing[K] }
    const looks = { count: 0 }
    const callers = createCallers(createTimeline(clock), () => {
      looks.count += 1
      return standing
    })
    return { clock, standing, callers, looks }
  }

  it('P1 are all given the token that comes', async () => {
    const { clock, standing, callers } = createWaiters()
    const waiting = Array.from({ length: 100 }, () => callers.add(anyToken, undefined))
    callers.review()
    standing.token = tokenOf(1)
    callers.review()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([standing.token]))
    expect(clock.pending).toBe(0)
  })

  it('are answered at once where there is an answer', async () => {
    const { clock, standing, callers } = createWaiters()
    standing.token = tokenOf(1)
    expect(await callers.add(anyToken, undefined)).toBe(standing.token)
    expect(clock.pending).toBe(0)
  })

  it('do not make those look again who wait already: a thousand cost a thousand looks', async () => {
    const { standing, callers, looks } = createWaiters()
    const waiting = Array.from({ length: 1_000 }, () => callers.add(anyToken, undefined))
    expect(looks.count).toBe(1_000)
    standing.token = tokenOf(1)
    callers.review()
    await Promise.all(waiting)
    expect(looks.count).toBe(2_000)
  })

  it('get what each of them asked for', async () => {
    const { standing, callers } = createWaiters()
    const first = callers.add(anyToken, undefined)
    const second = callers.add({ ...anyToken, newerThan: 1 }, undefined)
    standing.token = tokenOf(1)
    callers.review()
    expect((await first).generation).toBe(1)
    standing.token = tokenOf(2)
    callers.review()
    expect((await second).generation).toBe(2)
  })

  it('P12 wait no longer than they want to, each by itself, and keep the process alive meanwhile', async () => {
    const { clock, standing, callers } = createWaiters()
    standing.error = errorOf('store-unavailable')
    const short = callers.add({ ...anyToken, deadline: NOW + 200 }, undefined).catch((error: unknown) => error)
    const long = callers.add({ ...anyToken, deadline: NOW + 900 }, undefined)
    expect(clock.held).toBe(2)
    await clock.advance(200)
    const error = await short
    expect(isWaitTimeout(error) && error.details).toEqual({ waited: 200 })
    expect(error).toMatchObject({ help: standing.error.help, cause: standing.error })
    expect((error as Error).message).toContain(standing.error.message)
    standing.token = tokenOf(1)
    callers.review()
    expect((await long).generation).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('P12 are told of no cause where nothing has failed', async () => {
    const { clock, callers } = createWaiters()
    const waiting = callers.add({ ...anyToken, deadline: NOW + 200 }, undefined).catch((error: unknown) => error)
    await clock.advance(200)
    const error = await waiting
    expect(isWaitTimeout(error) && error.message).toContain('200 ms')
    expect(error).not.toHaveProperty('cause')
  })

  it('P12 leave nothing behind once they are answered, neither on their signal nor among those who wait', async () => {
    const { standing, callers, looks } = createWaiters()
    const { signal } = new AbortController()
    const waiting = [callers.add(anyToken, signal), callers.add({ ...anyToken, newerThan: 1 }, undefined)]
    standing.token = tokenOf(1)
    callers.review()
    await waiting[0]
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const before = looks.count
    callers.review()
    expect(looks.count - before).toBe(1)
    callers.rejectAll(() => errorOf('disposed'))
    await expect(waiting[1]).rejects.toMatchObject({ code: 'disposed' })
    callers.review()
    expect(looks.count - before).toBe(1)
  })

  it('P1 leave with the reason of their signal, and nobody else does', async () => {
    const { clock, standing, callers } = createWaiters()
    const controller = new AbortController()
    const leaving = callers.add(anyToken, controller.signal)
    const staying = callers.add(anyToken, undefined)
    const reason = new Error('not any more')
    controller.abort(reason)
    await expect(leaving).rejects.toBe(reason)
    standing.token = tokenOf(1)
    callers.review()
    expect((await staying).generation).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('are told the error that waiting does not mend', async () => {
    const { standing, callers } = createWaiters()
    const waiting = [callers.add(anyToken, undefined), callers.add(anyToken, undefined)]
    Object.assign(standing, { busy: false, state: 'revoked', error: errorOf('grant-revoked') })
    callers.review()
    const errors = await Promise.all(waiting.map((one) => one.catch((error: unknown) => error)))
    expect(errors).toMatchObject([{ code: 'grant-revoked' }, { code: 'grant-revoked' }])
    expect(errors[0]).not.toBe(errors[1])
  })

  it('P12 are all sent away at the end, each with an error of its own', async () => {
    const { clock, callers } = createWaiters()
    const waiting = [callers.add(anyToken, undefined), callers.add(anyToken, undefined)]
    callers.rejectAll(() => errorOf('disposed'))
    const errors = await Promise.all(waiting.map((one) => one.catch((error: unknown) => error)))
    expect(errors).toMatchObject([{ code: 'disposed' }, { code: 'disposed' }])
    expect(errors[0]).not.toBe(errors[1])
    expect(clock.pending).toBe(0)
  })

  it('are answered once, whatever comes after', async () => {
    const { clock, standing, callers } = createWaiters()
    const controller = new AbortController()
    const waiting = callers.add(anyToken, controller.signal)
    standing.token = tokenOf(1)
    callers.review()
    controller.abort(new Error('too late'))
    callers.rejectAll(() => errorOf('disposed'))
    await clock.advance(MINUTE)
    expect((await waiting).generation).toBe(1)
  })
})
