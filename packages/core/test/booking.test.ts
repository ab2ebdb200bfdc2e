import { describe, expect, it } from 'vitest'
import { EvergrantError } from '../src/errors.ts'
import { bookLogin, type Booking } from '../src/exchange/booking.ts'
import { ledgerKind } from '../src/records/record-kinds.ts'
import { emptyLedger, type Ledger } from '../src/records/record.ts'
import { readStored, writeStored } from '../src/records/stored.ts'
import { AHEAD, createPorts, ISSUER, NOW } from './support/exchange-view.ts'

/** Now, on the server's line. */
const THERE = NOW + AHEAD
const kind = ledgerKind(ISSUER)

/** Somebody who books a login at a store with this ledger. */
async function createBooker(before: Partial<Ledger> = {}) {
  const ports = { ...createPorts(), random: () => 0.5, latestRejected: () => 0 }
  const faults: EvergrantError[] = []
  const writes = { count: 0 }
  const down = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'here' } })
  let fails = false
  await writeStored(ports.store, kind, await readStored(ports.store, kind), { ...emptyLedger(), ...before })
  const store = {
    ...ports.store,
    write: (...given: Parameters<typeof ports.store.write>) => {
      writes.count += 1
      return fails ? Promise.reject(down) : ports.store.write(...given)
    },
  }
  return {
    faults,
    writes,
    down,
    book: () =>
      bookLogin({ ...ports, store, onBudget: (left) => left, onStoreFailure: (error) => faults.push(error) }, false),
    ledger: async () => (await readStored(ports.store, kind)).value,
    failFromNowOn: () => void (fails = true),
  }
}

const isBooking = (booked: object): booked is Booking => !('type' in booked)

describe('a login', () => {
  it('P3 is put off for a moment while others are under way that could spend the budget; nothing is written', async () => {
    const pending = ['a', 'b', 'c'].map((id) => ({ id, at: THERE }))
    const { book, writes } = await createBooker({ pending })
    expect(await book()).toEqual({ type: 'deferred', reason: 'crowded', retryAt: NOW + 375 })
    expect(writes.count).toBe(0)
  })

  it('P4 is refused while a block holds, with times on the line of this machine', async () => {
    const block = { reason: 'edge-refused', since: THERE, until: THERE + 9_000, probes: 0, claim: null } as const
    const { book, writes } = await createBooker({ block })
    expect(await book()).toMatchObject({ type: 'blocked', reason: 'edge-refused', until: NOW + 9_000 })
    expect(writes.count).toBe(0)
  })

  it('P3 is booked under the name of its account, and closed with what became of it', async () => {
    const { book, ledger } = await createBooker()
    const booked = await book()
    expect((await ledger()).pending).toEqual([{ id: 'main', at: THERE }])
    if (isBooking(booked)) await booked.close('failed-login')
    expect(await ledger()).toEqual({ ...emptyLedger(), failures: [THERE] })
  })

  it('P3 is closed once: what comes after changes nothing', async () => {
    const { book, ledger } = await createBooker()
    const booked = await book()
    if (!isBooking(booked)) throw new Error('not booked')
    await booked.close('unanswered')
    expect(await booked.close('failed-login')).toBeNull()
    expect(await ledger()).toEqual({ ...emptyLedger(), silences: 1 })
  })

  it('P4 tells who closes it of the block that holds from then on', async () => {
    const { book } = await createBooker({ silences: 5 })
    const booked = await book()
    if (!isBooking(booked)) throw new Error('not booked')
    expect(await booked.close('unanswered')).toEqual({
      reason: 'ip-block-suspected',
      until: NOW + 8 * 3_600_000,
      retryAt: NOW + 900_000,
    })
  })

  it('P12 ends though the store fails, and that is told', async () => {
    const { book, faults, down, failFromNowOn } = await createBooker()
    const booked = await book()
    failFromNowOn()
    expect(isBooking(booked) && (await booked.close('answered'))).toBeNull()
    expect(faults).toEqual([down])
  })
})
