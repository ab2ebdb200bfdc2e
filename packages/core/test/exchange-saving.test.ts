import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/clock.ts'
import { EvergrantError } from '../src/errors.ts'
import { grantKind } from '../src/records/record-kinds.ts'
import type { GrantRecord } from '../src/records/record.ts'
import { updateStored } from '../src/records/stored.ts'
import type { TokenStore, WriteOptions } from '../src/store.ts'
import { AHEAD, MARK, NOW, storedToken } from './support/exchange-view.ts'
import { exchangeOnce } from './support/one-exchange.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const down = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'here' } })
const leaseLost = new EvergrantError('lease-lost', { message: 'm', help: 'h', details: { key: 'grant/main' } })

interface Save {
  /** 1 for the first try. */
  readonly attempt: number
  readonly options: WriteOptions
  readonly store: TokenStore
}

/** A store at which something happens before each try to save the answer; the journal is written before that. */
function atEachSave(happen: (save: Save) => Promise<unknown> | undefined): (store: TokenStore) => TokenStore {
  let writes = 0
  return (store) => ({
    ...store,
    async write(key, value, options = {}) {
      if (key.startsWith('grant/') && (writes += 1) > 1) await happen({ attempt: writes - 1, options, store })
      return store.write(key, value, options)
    },
  })
}

const elsewhere = (store: TokenStore, change: (record: GrantRecord) => Partial<GrantRecord>) =>
  updateStored(store, grantKind('main'), (record) => ({ ...record, ...change(record) }))

const answer = { accessToken: 'invented-new', expiresIn: 900 }
const rotating = { ...answer, refreshToken: 'invented-rotated' }

describe('saving an answer', () => {
  it('P1 is done under the lease, as the journal is', async () => {
    const leases: boolean[] = []
    const through = (store: TokenStore): TokenStore => ({
      ...store,
      write(key, value, options = {}) {
        if (key.startsWith('grant/')) leases.push(options.lease !== undefined)
        return store.write(key, value, options)
      },
    })
    await exchangeOnce({ answer, through })
    expect(leases).toEqual([true, true])
  })

  it('P7 goes on without the lease once that is lost, as long as nobody has come in between', async () => {
    const through = atEachSave(({ options }) => (options.lease === undefined ? undefined : Promise.reject(leaseLost)))
    const { outcome, record, faults } = await exchangeOnce({ answer: rotating, through })
    expect(outcome.type).toBe('granted')
    expect(record).toMatchObject({ generation: 1, credentials: { refreshToken: 'invented-rotated' } })
    expect(faults).toEqual([])
  })

  it('P7 keeps what somebody else has written meanwhile', async () => {
    const dead = [{ fingerprint: 'of another', reason: 'grant-revoked' as const }]
    const through = atEachSave(({ attempt, store }) => (attempt === 1 ? elsewhere(store, () => ({ dead })) : undefined))
    const { outcome, record, steps } = await exchangeOnce({ answer: rotating, through })
    expect(outcome.type).toBe('granted')
    expect(record).toMatchObject({ dead, generation: 1, credentials: { refreshToken: 'invented-rotated' } })
    expect(steps.filter((step) => step === 'saved')).toHaveLength(1)
  })

  it('P14 is not done once the account was signed out or got other credentials', async () => {
    const through = atEachSave(({ store }) => elsewhere(store, ({ epoch }) => ({ epoch: epoch + 1, token: null })))
    const { outcome, record, steps } = await exchangeOnce({ answer: rotating, through })
    expect(outcome).toEqual({ type: 'deferred', reason: 'credentials-changed', retryAt: NOW })
    expect(record).toMatchObject({ epoch: 1, generation: 0, token: null, credentials: null })
    expect(steps).not.toContain('saved')
  })

  const newer = { generation: 2, token: { ...storedToken, value: 'invented-newer' } }

  it('P8 gives way to a newer token of somebody else', async () => {
    const through = atEachSave(({ store }) => elsewhere(store, () => newer))
    const { outcome, record } = await exchangeOnce({ answer, through })
    expect(outcome).toMatchObject({ type: 'adopted', token: { generation: 2 } })
    expect(record.token?.value).toBe('invented-newer')
  })

  it('P14 adopts no token of an account that was signed out', async () => {
    const through = atEachSave(({ store }) => elsewhere(store, () => ({ ...newer, signedOut: true })))
    const { outcome } = await exchangeOnce({ answer, through })
    expect(outcome).toEqual({ type: 'deferred', reason: 'credentials-changed', retryAt: NOW })
  })

  it('is tried again at a store that fails, and says so', async () => {
    const through = atEachSave(({ attempt }) => (attempt <= 2 ? Promise.reject(down) : undefined))
    const { outcome, record, faults, steps } = await exchangeOnce({ answer, through, passing: SECOND })
    expect([outcome.type, record.generation, faults]).toEqual(['granted', 1, [down, down]])
    expect(steps).toContain('saved')
  })

  it('P7 is given up after three failures where nothing was rotated: the token is good all the same', async () => {
    const through = atEachSave(() => Promise.reject(down))
    const { outcome, record, faults, steps } = await exchangeOnce({ answer, through, passing: SECOND })
    expect(outcome).toMatchObject({ type: 'granted', token: { generation: 1 } })
    expect(faults).toHaveLength(3)
    expect(record).toMatchObject({ generation: 0, journal: { fingerprint: MARK, at: NOW + AHEAD } })
    expect(steps).not.toContain('saved')
  })

  it('P7 is not given up where the refresh token was rotated: it is tried every five seconds at least', async () => {
    const tries: number[] = []
    let clock: Clock | null = null
    const through = atEachSave(({ attempt }) => {
      tries.push(clock?.now() ?? 0)
      return attempt <= 10 ? Promise.reject(down) : undefined
    })
    const { outcome, record } = await exchangeOnce({
      through,
      passing: MINUTE,
      answer(virtual) {
        clock = virtual
        return Promise.resolve(rotating)
      },
    })
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(pauses).toEqual([100, 150, 250, 450, 850, 1_650, 3_250, 5_000, 5_000, 5_000])
    expect(outcome).toMatchObject({ type: 'granted', token: { generation: 1, issuedAt: NOW } })
    expect(record.credentials).toEqual({ refreshToken: 'invented-rotated' })
  })

  it('P7 keeps the process alive until it is done', async () => {
    const held: number[] = []
    const through = atEachSave(({ attempt }) => (attempt === 1 ? Promise.reject(down) : undefined))
    await exchangeOnce({
      through,
      passing: SECOND,
      answer(clock) {
        for (const at of [50, 150]) clock.server.alarm(at, () => held.push(clock.held))
        return Promise.resolve(rotating)
      },
    })
    expect(held).toEqual([1, 0])
  })

  it('P7 is the first thing that happens to an answer', async () => {
    const done: string[] = []
    const through = (store: TokenStore): TokenStore => ({
      ...store,
      read(key) {
        done.push(`read ${key}`)
        return store.read(key)
      },
      write(key, ...rest) {
        done.push(`write ${key}`)
        return store.write(key, ...rest)
      },
    })
    await exchangeOnce({
      through,
      answer() {
        done.length = 0
        return Promise.resolve(answer)
      },
    })
    expect(done[0]).toBe('write grant/main')
  })
})
