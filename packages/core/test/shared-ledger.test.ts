import { describe, expect, it } from 'vitest'
import { EvergrantError, isStoreUnavailable } from '../src/errors.ts'
import { memoryStore } from '../src/memory-store.ts'
import { ledgerKind } from '../src/records/record-kinds.ts'
import type { Ledger } from '../src/records/record.ts'
import { updateSharedLedger } from '../src/records/shared-ledger.ts'
import { readStored } from '../src/records/stored.ts'
import type { TokenStore } from '../src/store.ts'

const kind = ledgerKind('https://issuer.test')
const failed =
  (at: number) =>
  (ledger: Ledger): Ledger => ({ ...ledger, failures: [...ledger.failures, at] })

/** A store that counts its writes, with something before each of them. */
function counting(beforeWrite: (write: number, inner: TokenStore) => Promise<unknown> = async () => undefined) {
  const inner = memoryStore()
  const counts = { writes: 0 }
  const store: TokenStore = {
    ...inner,
    async write(key, value, options) {
      counts.writes += 1
      await beforeWrite(counts.writes, inner)
      return inner.write(key, value, options)
    },
  }
  const failures = async () => (await readStored(inner, kind)).value.failures
  return { store, counts, failures }
}

describe('the ledger that sessions of a process share', () => {
  it('P3 is written twice for forty at once, of whom none is forgotten', async () => {
    const { store, counts, failures } = counting()
    const times = Array.from({ length: 40 }, (_, index) => index)
    const ledgers = await Promise.all(times.map((at) => updateSharedLedger(store, kind, failed(at))))
    expect(await failures()).toEqual(times)
    expect(counts.writes).toBe(2)
    expect(ledgers[0]?.failures).toEqual([0])
    expect(ledgers.slice(1).every((ledger) => ledger.failures.length === 40)).toBe(true)
  })

  it('takes those who come meanwhile, and those who come when all is over', async () => {
    const late: Promise<Ledger>[] = []
    const { store, failures } = counting(async (write) => {
      if (write <= 3) late.push(updateSharedLedger(store, kind, failed(write)))
    })
    await updateSharedLedger(store, kind, failed(0))
    for (let time = 0; time < 3; time += 1) await late[time]
    await updateSharedLedger(store, kind, failed(4))
    expect(await failures()).toEqual([0, 1, 2, 3, 4])
  })

  it('forgets nobody who comes just when the last one is done', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const { store, failures } = counting()
      const first = [0, 1].map((at) => updateSharedLedger(store, kind, failed(at)))
      await first[0]
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      await updateSharedLedger(store, kind, failed(2))
      expect(await failures()).toEqual([0, 1, 2])
    }
  })

  it('is decided anew on what another process wrote', async () => {
    const { store, counts, failures } = counting(async (write, inner) => {
      if (write !== 2) return
      const { value } = await readStored(inner, kind)
      await inner.write(kind.key, failed(99)(value))
    })
    await Promise.all([0, 1, 2].map((at) => updateSharedLedger(store, kind, failed(at))))
    expect(await failures()).toEqual([0, 99, 1, 2])
    expect(counts.writes).toBe(3)
  })

  it('is not written if none of them changes it', async () => {
    const { store, counts } = counting()
    const ledgers = await Promise.all([0, 1, 2].map(() => updateSharedLedger(store, kind, (ledger) => ledger)))
    expect(ledgers.map(({ failures }) => failures)).toEqual([[], [], []])
    expect(counts.writes).toBe(0)
  })

  it('fails those whose write failed, and nobody after them', async () => {
    const trouble = new EvergrantError('store-unavailable', {
      message: 'down',
      help: 'wait',
      details: { location: 'here' },
    })
    const { store, failures } = counting(async (write) => {
      if (write <= 2) throw trouble
    })
    const first = [0, 1, 2].map((at) => updateSharedLedger(store, kind, failed(at)))
    const outcomes = await Promise.allSettled(first)
    expect(outcomes.every((one) => one.status === 'rejected' && isStoreUnavailable(one.reason))).toBe(true)
    await updateSharedLedger(store, kind, failed(3))
    expect(await failures()).toEqual([3])
  })

  it('is one for each issuer and each store: they do not wait for each other', async () => {
    const other = ledgerKind('https://other.test')
    let finish = (): void => undefined
    const never = new Promise<void>((resolve) => (finish = resolve))
    const { store } = counting((write) => (write === 1 ? never : Promise.resolve()))
    const held = updateSharedLedger(store, kind, failed(0))
    expect((await updateSharedLedger(store, other, failed(1))).failures).toEqual([1])
    expect((await updateSharedLedger(memoryStore(), kind, failed(2))).failures).toEqual([2])
    finish()
    expect((await held).failures).toEqual([0])
  })
})
