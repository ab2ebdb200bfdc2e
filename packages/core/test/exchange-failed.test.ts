import { describe, expect, it } from 'vitest'
import { EvergrantError } from '../src/errors.ts'
import type { FailureKind, TokenRequestFailure } from '../src/failure.ts'
import { emptyLedger } from '../src/records/record.ts'
import { fingerprint } from '../src/secret.ts'
import type { TokenStore } from '../src/store.ts'
import { AHEAD, MARK, NOW, storedToken } from './support/exchange-view.ts'
import { exchangeOnce, type ExchangeSetup } from './support/one-exchange.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Now, on the server's line. */
const THERE = NOW + AHEAD

const REVOKED: TokenRequestFailure = { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }
const WRONG_SECRET: TokenRequestFailure = { kind: 'rejected', status: 401, oauthCode: 'invalid_client' }

const failed = (answer: TokenRequestFailure, more: Omit<ExchangeSetup, 'answer'> = {}) =>
  exchangeOnce({ ...more, answer })

describe('a refusal that condemns', () => {
  it.for([
    ['the grant', REVOKED, 'grant-revoked'],
    ['the client', WRONG_SECRET, 'client-rejected'],
  ] as const)('P2 is remembered, and counted as a failed login: %s', async ([, failure, reason]) => {
    const { outcome, record, ledger, steps } = await failed(failure)
    expect(outcome).toMatchObject({
      type: 'rejected',
      reason,
      error: { code: reason, cause: { details: { failure } } },
    })
    expect(record).toMatchObject({ dead: [{ fingerprint: MARK, reason }], journal: null, retryAt: null })
    expect(ledger).toEqual({ ...emptyLedger(), failures: [THERE] })
    expect(steps).toEqual(['lease', 'read', 'admitted', 'journaled', 'answered', 'settled', 'released'])
  })

  it('P2 is remembered beside the nine before it, and once', async () => {
    const others = Array.from({ length: 10 }, (_, index) => ({
      fingerprint: `mark-${index}`,
      reason: 'grant-revoked' as const,
    }))
    const newest = { fingerprint: MARK, reason: 'client-rejected' }
    const full = await failed(WRONG_SECRET, { record: { dead: others } })
    expect(full.record.dead).toEqual([...others.slice(1), newest])
    const known = [{ fingerprint: MARK, reason: 'grant-revoked' as const }, ...others.slice(0, 2)]
    const again = await failed(WRONG_SECRET, { record: { dead: known }, request: { force: true } })
    expect(again.record.dead).toEqual([...others.slice(0, 2), newest])
  })

  const journal = { fingerprint: MARK, at: THERE - MINUTE }

  it('P7 is a lost rotation after a request whose end nobody knows', async () => {
    const { outcome, record } = await failed(REVOKED, { record: { journal } })
    expect(outcome).toMatchObject({ type: 'rejected', reason: 'rotation-lost' })
    expect(record.dead).toEqual([{ fingerprint: MARK, reason: 'rotation-lost' }])
  })

  it.for([
    ['with other credentials', REVOKED, { journal: { ...journal, fingerprint: 'of another' } }, 'grant-revoked'],
    ['at a server that does not rotate', REVOKED, { journal, rotates: false }, 'grant-revoked'],
    ['if it is the client that is refused', WRONG_SECRET, { journal }, 'client-rejected'],
  ] as const)('P7 is no lost rotation %s', async ([, failure, record, reason]) => {
    expect((await failed(failure, { record })).outcome).toMatchObject({ type: 'rejected', reason })
  })

  it('P7 is a lost rotation at a server that is known to rotate', async () => {
    const { outcome } = await failed(REVOKED, { record: { journal, rotates: true } })
    expect(outcome).toMatchObject({ type: 'rejected', reason: 'rotation-lost' })
  })
})

describe('a failure that condemns nothing', () => {
  it('P9 is tried again later, as the record says too', async () => {
    const { outcome, record, ledger } = await failed({ kind: 'server', status: 503 }, { request: { attempts: 3 } })
    expect(outcome).toMatchObject({ type: 'transient', retryAt: NOW + 4 * SECOND })
    expect(record).toMatchObject({ retryAt: THERE + 4 * SECOND, putOffAt: THERE, dead: [] })
    expect(ledger).toEqual(emptyLedger())
  })

  it('P9 is tried again when the server has asked for it', async () => {
    const { outcome } = await failed({ kind: 'rate-limited', status: 429, retryAfter: HOUR })
    expect(outcome).toMatchObject({ type: 'transient', retryAt: NOW + HOUR })
  })

  it('P6 is tried again at the last call for the present token', async () => {
    const request = { attempts: 9, mandatoryAt: NOW + 10 * SECOND }
    const { outcome } = await failed({ kind: 'network' }, { request })
    expect(outcome).toMatchObject({ type: 'transient', retryAt: NOW + 10 * SECOND })
  })

  const OPEN: readonly FailureKind[] = ['timeout', 'network', 'malformed', 'server', 'unknown']
  const CLOSED: readonly FailureKind[] = ['rejected', 'edge', 'rate-limited', 'redirect']

  it.for(OPEN)('P7 leaves the journal open, for the server may have rotated: %s', async (kind) => {
    expect((await failed({ kind })).record.journal).toEqual({ fingerprint: MARK, at: THERE })
  })

  it.for(CLOSED)('P7 closes the journal, for the server has rotated nothing: %s', async (kind) => {
    expect((await failed({ kind })).record.journal).toBeNull()
  })

  it.for(CLOSED)('P7 does not close the journal of an earlier request in doubt: %s', async (kind) => {
    const record = { journal: { fingerprint: MARK, at: THERE - MINUTE } }
    expect((await failed({ kind }, { record })).record.journal?.fingerprint).toBe(MARK)
    const ofAnother = { journal: { fingerprint: 'of another', at: THERE - MINUTE } }
    expect((await failed({ kind }, { record: ofAnother })).record.journal).toBeNull()
  })

  it.for([
    ['timeout', { silences: 1, refusals: 0 }],
    ['edge', { silences: 0, refusals: 1 }],
    ['redirect', { silences: 0, refusals: 0 }],
    ['rejected', { silences: 0, refusals: 0 }],
  ] as const)('P4 is counted as what it may be: %s', async ([kind, counts]) => {
    expect((await failed({ kind }, { ledger: { silences: 0, refusals: 0 } })).ledger).toMatchObject(counts)
  })

  it('P4 is told as a block if it was the last of a row', async () => {
    const { outcome, record } = await failed({ kind: 'edge', status: 403 }, { ledger: { refusals: 2 } })
    expect(outcome).toMatchObject({
      type: 'blocked',
      reason: 'edge-refused',
      until: NOW + 8 * HOUR,
      retryAt: NOW + 15 * MINUTE,
      error: { cause: { code: 'token-request-failed' } },
    })
    expect(record.retryAt).not.toBeNull()
  })

  it('is judged by the provider, where that knows better', async () => {
    const judge = ({ status }: TokenRequestFailure) =>
      status === 418 ? ({ kind: 'misconfigured' } as const) : undefined
    const known = await failed({ kind: 'unknown', status: 418 }, { provider: { judge } })
    expect(known.outcome).toMatchObject({ type: 'transient', retryAt: NOW + MINUTE })
    const unknown = await failed({ kind: 'unknown', status: 499 }, { provider: { judge } })
    expect(unknown.outcome).toMatchObject({ type: 'transient', retryAt: NOW + 0.5 * SECOND })
  })

  it('P15 corrects the clock by its Date', async () => {
    const { record } = await failed({ kind: 'server', status: 503, date: NOW + HOUR - 500 })
    expect(record.putOffAt).toBe(NOW + HOUR)
  })
})

describe('a refused token', () => {
  const present = { token: storedToken, generation: 3 } as const

  it('P5 is dropped from the record before its successor is asked for', async () => {
    const { record } = await failed({ kind: 'network' }, { record: present, request: { have: 3, rejected: 3 } })
    expect(record).toMatchObject({ token: null, rejected: 3, rejectedMark: fingerprint(storedToken.value) })
  })

  it('P5 of an older generation does not drop the present one', async () => {
    const { record } = await failed({ kind: 'network' }, { record: present, request: { have: 3, rejected: 2 } })
    expect(record).toMatchObject({ token: storedToken, rejected: 0, rejectedMark: null })
  })

  it('P5 that is not in the record any more leaves no mark', async () => {
    const { record } = await failed(
      { kind: 'network' },
      { record: { generation: 3 }, request: { have: 3, rejected: 3 } },
    )
    expect(record).toMatchObject({ token: null, rejected: 0, rejectedMark: null })
  })
})

describe('a store that fails', () => {
  const down = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'here' } })

  it('P2 does not make the server’s word undone', async () => {
    let writes = 0
    const through = (store: TokenStore): TokenStore => ({
      ...store,
      write: (key, ...rest) =>
        key.startsWith('grant/') && ++writes > 1 ? Promise.reject(down) : store.write(key, ...rest),
    })
    const { outcome, faults } = await failed(REVOKED, { through })
    expect(outcome).toMatchObject({ type: 'rejected', reason: 'grant-revoked' })
    expect(faults).toEqual([down])
  })

  it('P7 before the request sends nothing, and gives everything back', async () => {
    const through = (store: TokenStore): TokenStore => ({
      ...store,
      write: (key, ...rest) => (key.startsWith('grant/') ? Promise.reject(down) : store.write(key, ...rest)),
    })
    const { outcome, ledger, steps, sent } = await failed(REVOKED, { through })
    expect(outcome).toMatchObject({ type: 'transient', error: down, retryAt: NOW + 0.5 * SECOND })
    expect([ledger, sent]).toEqual([emptyLedger(), []])
    expect(steps).toEqual(['lease', 'read', 'admitted', 'settled', 'released'])
  })

  it('P12 to give its lease is left in time, and what comes late is given back', async () => {
    let given = 0
    const through = (store: TokenStore): TokenStore => ({
      ...store,
      lease: async (key, options) => {
        await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve()))
        const lease = await store.lease(key, { ...options, signal: new AbortController().signal })
        given += 1
        return Object.assign(lease, {
          release: () => {
            given -= 1
            return Promise.resolve()
          },
        })
      },
    })
    const { outcome, sent, steps } = await failed(REVOKED, { through, passing: 30 * SECOND })
    expect(outcome).toMatchObject({
      type: 'transient',
      error: { code: 'lease-timeout', details: { key: 'grant/main' } },
    })
    expect([given, sent, steps]).toEqual([0, [], []])
  })
})
