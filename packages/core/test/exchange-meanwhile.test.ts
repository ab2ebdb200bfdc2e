import type { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/clock.ts'
import { sealCredentials, type Credentials } from '../src/credentials.ts'
import { EvergrantError, tokenRequestError } from '../src/errors.ts'
import type { TokenRequestFailure } from '../src/failure.ts'
import { grantKind, ledgerKind } from '../src/records/record-kinds.ts'
import { emptyLedger } from '../src/records/record.ts'
import { readStored, updateStored } from '../src/records/stored.ts'
import type { TokenStore } from '../src/store.ts'
import { AHEAD, credentials, MARK, NOW, storedToken } from './support/exchange-view.ts'
import { exchangeOnce } from './support/one-exchange.ts'

const SECOND = 1_000
/** Now, on the server's line. */
const THERE = NOW + AHEAD

const REVOKED: TokenRequestFailure = { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }

describe('what changes while a request is under way', () => {
  /** The store of an exchange, and what happens there before the server refuses. */
  function meanwhile(change: (store: TokenStore) => Promise<unknown>, failure: TokenRequestFailure) {
    let store: TokenStore | null = null
    return exchangeOnce({
      through: (given) => (store = given),
      async answer() {
        if (store !== null) await change(store)
        throw tokenRequestError(failure)
      },
    })
  }

  it.for([REVOKED, { kind: 'server' } as const])(
    'P14 nothing is written of $kind once the account is signed out',
    async (failure) => {
      const { record } = await meanwhile(
        (store) => updateStored(store, grantKind('main'), (now) => ({ ...now, epoch: now.epoch + 1, signedOut: true })),
        failure,
      )
      expect(record).toMatchObject({ signedOut: true, dead: [], retryAt: null, putOffAt: null })
    },
  )

  it('P3 a budget that others have spent does not hide what happened', async () => {
    const { outcome } = await meanwhile(
      (store) =>
        updateStored(store, ledgerKind('https://server.test'), (now) => ({ ...now, failures: [THERE, THERE, THERE] })),
      { kind: 'server', status: 503 },
    )
    expect(outcome).toMatchObject({ type: 'transient', error: { code: 'token-request-failed' } })
  })

  /** A store that takes so long to write the journal. */
  const slowBy =
    (ms: number) =>
    (given: TokenStore, clock: VirtualClock): TokenStore => ({
      ...given,
      async write(key, value, options) {
        const journaling = JSON.stringify(value).includes('"journal":{')
        const revision = await given.write(key, value, options)
        if (journaling) clock.sleep(ms)
        return revision
      },
    })
  const granted = { accessToken: 'invented' }

  it('P1 nothing is sent by a process that stood still until its lease may be over, and nothing is in doubt', async () => {
    const policy = { leaseTtl: 8 * SECOND }
    const late = await exchangeOnce({ through: slowBy(4 * SECOND), answer: granted, policy })
    expect(late.sent).toEqual([])
    expect(late.outcome).toMatchObject({ type: 'deferred', reason: 'crowded' })
    expect([late.record.journal, late.ledger.pending, late.ledger.failures]).toEqual([null, [], []])
    const inTime = await exchangeOnce({ through: slowBy(4 * SECOND - 1), answer: granted, policy })
    expect(inTime.outcome).toMatchObject({ type: 'granted' })
  })

  it('P4 nothing is sent once a slow store has used up the time of the booking, and nothing is in doubt', async () => {
    const through = slowBy(20 * SECOND)
    const policy = { leaseTtl: 60 * SECOND }
    const { outcome, record, ledger, sent } = await exchangeOnce({ through, answer: granted, policy })
    expect(sent).toEqual([])
    expect(outcome).toMatchObject({ type: 'deferred', reason: 'crowded' })
    expect([record.journal, ledger.pending, ledger.failures]).toEqual([null, [], []])
  })

  const sources = (...given: (Credentials | null)[]) => ({
    readSource: () => Promise.resolve(given.length > 1 ? (given.shift() ?? null) : (given[0] ?? null)),
  })

  it('P8 other credentials are tried at once, and the old ones are dead', async () => {
    const { outcome, record } = await exchangeOnce({
      answer: REVOKED,
      ...sources(credentials, sealCredentials({ refreshToken: 'other' })),
    })
    expect(outcome).toEqual({ type: 'deferred', reason: 'credentials-changed', retryAt: NOW })
    expect(record.dead).toEqual([{ fingerprint: MARK, reason: 'grant-revoked' }])
  })

  it('P2 credentials that are gone make no death undone', async () => {
    const { outcome } = await exchangeOnce({ answer: REVOKED, ...sources(credentials, null) })
    expect(outcome).toMatchObject({ type: 'rejected', reason: 'grant-revoked' })
  })
})

describe('an exchange that nobody wants any more', () => {
  it('P14 ends with the reason of its signal, counts for nothing, and gives everything back', async () => {
    const controller = new AbortController()
    const reason = new EvergrantError('signed-out', { message: 'm', help: 'h', details: { account: 'main' } })
    let store: TokenStore | null = null
    const running = exchangeOnce({
      ledger: { silences: 2 },
      signal: controller.signal,
      through: (given) => (store = given),
      answer() {
        controller.abort(reason)
        return new Promise(() => undefined)
      },
    })
    await expect(running).rejects.toBe(reason)
    const left = await readStored(store!, ledgerKind('https://server.test'))
    expect(left.value).toEqual({ ...emptyLedger(), silences: 2 })
  })
})

describe('an exchange that is given up while the login is booked', () => {
  it('P14 writes nothing about the account: what was in no doubt stays so, and who was signed out', async () => {
    const controller = new AbortController()
    const reason = new Error('Signed out, or given new credentials')
    let store: TokenStore | null = null
    const running = exchangeOnce({
      record: { signedOut: true },
      request: { force: true },
      signal: controller.signal,
      through(given) {
        store = given
        return {
          ...given,
          async write(key, value, options) {
            if (key.startsWith('issuer/')) controller.abort(reason)
            return given.write(key, value, options)
          },
        }
      },
      answer: REVOKED,
    })
    await expect(running).rejects.toBe(reason)
    const left = await readStored(store!, grantKind('main'))
    expect(left.value).toMatchObject({ signedOut: true, journal: null })
  })
})

describe('a fault that is no failure', () => {
  const internal = new EvergrantError('internal', { message: 'm', help: 'h', details: { where: 'here' } })

  it.for([
    ['of a stranger', new Error('of a stranger')],
    ['of our own', internal],
  ] as const)('is passed on, and taken for no failure of a request: %s', async ([, fault]) => {
    await expect(exchangeOnce({ answer: REVOKED, readSource: () => Promise.reject(fault) })).rejects.toBe(fault)
  })

  it('but one that a typed error foresaw is tried again', async () => {
    const unreadable = new EvergrantError('credentials-unreadable', {
      message: 'm',
      help: 'h',
      details: { source: 'environment' },
    })
    const { outcome } = await exchangeOnce({ answer: REVOKED, readSource: () => Promise.reject(unreadable) })
    expect(outcome).toMatchObject({ type: 'transient', error: unreadable })
  })
})

describe('a token that dies while the lease is given back', () => {
  it.for([1, 2])('P5 is not shown, and the next request waits for its floor: after %s seconds', async (seconds) => {
    const slow = (store: TokenStore, clock: Clock): TokenStore => ({
      ...store,
      async lease(...given) {
        const lease = await store.lease(...given)
        const release = async () => {
          await new Promise<void>((resolve) => clock.alarm(clock.monotonic() + seconds * SECOND, resolve))
          await lease.release()
        }
        return { ...lease, release }
      },
    })
    const token = { ...storedToken, issuedAt: THERE - 11 * SECOND, expiresAt: THERE + SECOND }
    const { outcome, sent } = await exchangeOnce({
      answer: REVOKED,
      record: { generation: 1, token },
      through: slow,
      passing: 2 * SECOND,
    })
    expect(sent).toEqual([])
    expect(outcome).toMatchObject({
      type: 'transient',
      error: { code: 'no-progress' },
      retryAt: NOW + (seconds + 3) * SECOND,
    })
  })
})
