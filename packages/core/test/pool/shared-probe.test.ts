import { EvergrantError } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { ExchangePorts } from '../../src/exchange/exchange-ports.ts'
import { createSharedProbe } from '../../src/pool/shared-probe.ts'
import { ledgerKind } from '../../src/records/record-kinds.ts'
import { emptyLedger } from '../../src/records/record.ts'
import { updateStored } from '../../src/records/stored.ts'
import { createTimeline } from '../../src/time/timeline.ts'
import { createPorts, ISSUER, NOW } from '../support/exchange-view.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const kind = ledgerKind(ISSUER)

/** Sessions behind a block that is to be probed now, at a server whose answer takes a second. */
async function createSessions() {
  const clock = new VirtualClock({ now: NOW })
  const base = createPorts()
  const found = { probes: 0, reachable: false, faults: [] as EvergrantError[] }
  const ending = new AbortController()
  const probe = createSharedProbe(ending.signal)
  const block = { reason: 'ip-block-suspected', since: NOW - 15 * MINUTE, probes: 0, claim: null } as const
  const setBlock = async (until: number | null) =>
    updateStored(base.store, kind, (ledger) => ({
      ...emptyLedger(),
      ...ledger,
      block: until === null ? null : { ...block, until },
    }))
  await setBlock(NOW + 7 * HOUR)
  const provider = {
    ...base.provider,
    async probe() {
      found.probes += 1
      await new Promise<void>((resolve) => clock.alarm(clock.monotonic() + SECOND, resolve))
      if (!found.reachable) throw new Error('no answer')
    },
  }

  return {
    clock,
    found,
    ending,
    setBlock,
    /** A session that begins now, and its probes. */
    begin: (more: Partial<ExchangePorts> = {}) => {
      const ports: ExchangePorts = {
        ...base,
        provider,
        timeline: createTimeline(clock),
        knownEpoch: () => 0,
        latestRejected: () => 0,
        onStep: () => undefined,
        onBudget: () => undefined,
        onStoreFailure: (error) => void found.faults.push(error),
        ...more,
      }
      return { ports, probe: (signal = new AbortController().signal) => probe(ports, signal) }
    },
  }
}

describe('a probe that sessions share', () => {
  it('P4 is one for all who ask while it is under way, and another for who asks after it', async () => {
    const { clock, found, begin } = await createSessions()
    const asked = [begin().probe(), begin().probe(), begin().probe()]
    await clock.advance(SECOND)
    const silent = { reachable: false, retryAt: NOW + 15 * MINUTE, until: NOW + 7 * HOUR }
    expect(await Promise.all(asked)).toEqual([silent, silent, silent])
    expect(found.probes).toBe(1)
    await clock.advance(15 * MINUTE)
    void begin().probe()
    await clock.settle()
    expect(found.probes).toBe(2)
    await clock.advance(SECOND)
  })

  it('P15 tells each the times on its own line', async () => {
    const { clock, begin } = await createSessions()
    const before = begin().probe()
    clock.setForward(HOUR)
    const after = begin().probe()
    await clock.advance(SECOND)
    expect(await before).toMatchObject({ retryAt: NOW + 15 * MINUTE, until: NOW + 7 * HOUR })
    expect(await after).toMatchObject({ retryAt: NOW + 15 * MINUTE + HOUR, until: NOW + 8 * HOUR })
  })

  it('P4 lets the first who asked make the attempt; the others look again when that is over', async () => {
    const { clock, found, begin } = await createSessions()
    found.reachable = true
    const asked = [begin().probe(), begin().probe()]
    await clock.advance(SECOND)
    const [first, second] = await Promise.all(asked)
    expect(first).toMatchObject({ reachable: true })
    expect(second).toEqual({ reachable: false, retryAt: NOW + 21 * SECOND, until: null })
  })

  it('P4 is not sent where the ledger says by now that it is not due', async () => {
    const { clock, found, begin } = await createSessions()
    const first = begin().probe()
    await clock.advance(SECOND)
    await first
    expect(await begin().probe()).toEqual({ reachable: false, retryAt: NOW + 15 * MINUTE, until: NOW + 7 * HOUR })
    expect(found.probes).toBe(1)
  })

  it('is sent where the ledger has no block any more, or cannot be read, of which is told', async () => {
    const { clock, found, begin, setBlock } = await createSessions()
    await setBlock(null)
    void begin().probe()
    await clock.advance(SECOND)
    expect(found.probes).toBe(1)
    const unavailable = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'l' } })
    const { ports } = begin()
    const failing = begin({ store: { ...ports.store, read: () => Promise.reject(unavailable) } }).probe()
    await clock.advance(SECOND)
    expect(await failing).toMatchObject({ reachable: false })
    expect(found.probes).toBe(2)
    expect(found.faults).toEqual([unavailable, unavailable])
  })

  it('P14 is of no use to who has left meanwhile, and goes on for the others', async () => {
    const { clock, begin } = await createSessions()
    const controller = new AbortController()
    const left = begin().probe(controller.signal)
    const stayed = begin().probe()
    await clock.settle()
    controller.abort(new Error('signed out'))
    left.catch(() => undefined)
    await clock.advance(SECOND)
    await expect(left).rejects.toThrow('signed out')
    expect(await stayed).toMatchObject({ reachable: false })
  })

  it('P12 ends with the pool', async () => {
    const { clock, ending, begin } = await createSessions()
    const asked = begin().probe()
    await clock.settle()
    ending.abort(new Error('disposed'))
    await expect(asked).rejects.toThrow('disposed')
    await clock.advance(SECOND)
  })
})
