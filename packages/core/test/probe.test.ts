import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { EvergrantError } from '../src/errors.ts'
import { probeServer } from '../src/exchange/probe.ts'
import type { Provider } from '../src/provider.ts'
import { ledgerKind } from '../src/records/record-kinds.ts'
import { emptyLedger } from '../src/records/record.ts'
import { readStored, writeStored } from '../src/records/stored.ts'
import type { TokenStore } from '../src/store.ts'
import { createTimeline } from '../src/time/timeline.ts'
import { createPorts, ISSUER, NOW } from './support/exchange-view.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const kind = ledgerKind(ISSUER)

/** A block that is to be probed now. */
const block = {
  reason: 'ip-block-suspected',
  since: NOW - 15 * MINUTE,
  until: NOW + 7 * HOUR,
  probes: 0,
  claim: null,
} as const
const silent = { reachable: false, retryAt: NOW + 15 * MINUTE, until: NOW + 7 * HOUR }

/** A probe of a server that answers so, at a store that knows of the block. */
async function createProbe(probe: Provider['probe'], through = (store: TokenStore) => store) {
  const clock = new VirtualClock({ now: NOW })
  const base = createPorts()
  const faults: EvergrantError[] = []
  await writeStored(base.store, kind, await readStored(base.store, kind), { ...emptyLedger(), block })
  const ports = {
    ...base,
    provider: { ...base.provider, ...(probe === undefined ? {} : { probe }) },
    store: through(base.store),
    timeline: createTimeline(clock),
    knownEpoch: () => 0,
    latestRejected: () => 0,
    onStep: () => undefined,
    onBudget: () => undefined,
    onStoreFailure: (error: EvergrantError) => void faults.push(error),
  }
  return {
    clock,
    faults,
    run: (signal = new AbortController().signal) => probeServer(ports, signal),
    probes: async () => (await readStored(base.store, kind)).value.block?.probes,
  }
}

describe('a probe', () => {
  it('P4 that is answered says so at once, and notes nothing', async () => {
    const { run, probes, faults } = await createProbe(() => Promise.resolve())
    expect(await run()).toEqual({ reachable: true, retryAt: NOW, until: NOW })
    expect([await probes(), faults]).toEqual([0, []])
  })

  it('P4 that fails is noted, and says when the next one comes and when the block ends', async () => {
    const { run, probes } = await createProbe(() => Promise.reject(new Error('no answer')))
    expect(await run()).toEqual(silent)
    expect(await probes()).toBe(1)
  })

  it('P4 counts as silent where the provider has none', async () => {
    const { run, probes } = await createProbe(undefined)
    expect(await run()).toEqual(silent)
    expect(await probes()).toBe(1)
  })

  it('P12 that nobody answers ends in time', async () => {
    const { clock, run } = await createProbe(() => new Promise(() => undefined))
    const [found] = await Promise.all([run(), clock.advance(15_000)])
    expect(found).toMatchObject({ reachable: false })
  })

  it('P14 that is given up is no silence', async () => {
    const controller = new AbortController()
    const reason = new Error('not any more')
    const { run, probes } = await createProbe(() => {
      controller.abort(reason)
      return new Promise(() => undefined)
    })
    await expect(run(controller.signal)).rejects.toBe(reason)
    expect(await probes()).toBe(0)
  })

  it('P4 is followed by another though the store fails, and that is told', async () => {
    const down = new EvergrantError('store-unavailable', { message: 'm', help: 'h', details: { location: 'here' } })
    const { run, faults } = await createProbe(
      () => Promise.reject(new Error('no answer')),
      (store) => ({ ...store, write: () => Promise.reject(down) }),
    )
    expect(await run()).toEqual({ reachable: false, retryAt: NOW + 15 * MINUTE, until: null })
    expect(faults).toEqual([down])
  })
})
