import { isInvalidOptions } from '@evergrant/core'
import {
  SIMULATED_FAULTS,
  simulate,
  tellReport,
  type SimulationOptions,
  type SimulationReport,
} from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { decideSetting } from '../../src/simulation/options.ts'
import { planHappenings } from '../../src/simulation/plan.ts'
import { run } from '../../src/simulation/run.ts'
import { addHeld, type Held } from './many-seeds.ts'

const MINUTE = 60_000

describe('a run', () => {
  it('P16 is repeatable to the event: the same seed, the same trace', async () => {
    for (const seed of [3, 14, 159]) {
      const setting = decideSetting({ seed, faults: 'all' })
      const happenings = planHappenings(setting)
      const first = await run(setting, happenings, true)
      expect(first.trace.length).toBeGreaterThan(100)
      expect(await run(setting, happenings, true)).toEqual(first)
    }
  })

  it('another seed is another story', async () => {
    const trace = async (seed: number) => {
      const setting = decideSetting({ seed, hosts: 1, processes: 2, accounts: 1, lifetime: 60, faults: ['kill'] })
      return (await run(setting, planHappenings(setting), true)).trace
    }
    expect(await trace(1)).not.toEqual(await trace(2))
  })

  it('P11 has no secret in its trace', async () => {
    const setting = decideSetting({ seed: 7, faults: 'all', rotation: 'strict' })
    const { trace } = await run(setting, planHappenings(setting), true)
    expect(trace.join('\n')).toContain('rotates')
    // Every token of the simulated server is in the form of a JWT; its client secret is forty hexadecimal digits.
    expect(trace.filter((line) => /eyJ|[0-9a-f]{40}|mistyped/.test(line))).toEqual([])
  })

  it('without faults: one token request in a lifetime, nothing to excuse, nothing refused', async () => {
    const { violation, tally, counts } = await simulate({
      seed: 1,
      hosts: 2,
      processes: 4,
      accounts: 1,
      faults: 'none',
      duration: 100 * MINUTE,
      lifetime: 900,
      rotation: 'strict',
    })
    expect(violation).toBeNull()
    expect(Object.values(tally).map(({ excused }) => excused)).toEqual(Object.values(tally).map(() => 0))
    // The first, and then one every ten minutes at most, of a lifetime of fifteen.
    expect(counts.tokenRequests).toBeGreaterThanOrEqual(10)
    expect(counts.tokenRequests).toBeLessThanOrEqual(11)
    expect(tellReport({ ...noViolation(), counts })).toContain(`${counts.tokenRequests} token requests`)
  })

  it('takes what the options say, and lets the seed decide the rest', async () => {
    const { setting } = await simulate({ seed: 5, hosts: 1, processes: 3, faults: ['sleep'], duration: 5 * MINUTE })
    expect(setting).toMatchObject({ seed: 5, hosts: 1, processes: 3, faults: ['sleep'], duration: 5 * MINUTE })
    expect(setting.accounts).toBeGreaterThanOrEqual(1)
    expect(['none', 'strict', 'grace']).toContain(setting.rotation)
  })

  it.for(SIMULATED_FAULTS)('meets %s, and every promise holds', { timeout: 60_000 }, async (fault) => {
    for (const seed of [1, 2]) {
      const report = await simulate({ seed, faults: [fault] })
      expect(report.violation === null ? '' : tellReport(report)).toBe('')
    }
  })

  it('puts every promise to the test', { timeout: 60_000 }, async () => {
    const held: Held = {}
    for (let seed = 1; seed <= 60; seed += 1) addHeld(held, (await simulate({ seed, faults: 'all' })).tally)
    const promises = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P12', 'P13', 'P14', 'liveness']
    expect(promises.filter((promise) => (held[promise] ?? 0) < 20)).toEqual([])
  })
})

describe('options that cannot be used', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['seed', { seed: -1 }],
    ['seed', { seed: 1.5 }],
    ['seed', {}],
    ['hosts', { seed: 1, hosts: 0 }],
    ['processes', { seed: 1, processes: 99 }],
    ['accounts', { seed: 1, accounts: '2' }],
    ['duration', { seed: 1, duration: 10 }],
    ['lifetime', { seed: 1, lifetime: 1 }],
    ['rotation', { seed: 1, rotation: 'sometimes' }],
    ['faults', { seed: 1, faults: ['earthquake'] }],
    ['faults', { seed: 1, faults: 'many' }],
    ['seeds', { seed: 1, seeds: 3 }],
    ['options', null],
  ]

  it.for(wrong)('%s: says which, and what would do', async ([option, options]) => {
    const error: unknown = await simulate(options as SimulationOptions).catch((thrown: unknown) => thrown)
    expect(isInvalidOptions(error) && error.details.option).toBe(option)
  })
})

describe('a report of a broken promise', () => {
  it('tells the seed, the promise, what went wrong for it, and what happened', () => {
    const text = tellReport({
      ...noViolation(),
      violation: { promise: 'P7', at: 61_002, words: 'something was lost' },
      happenings: ['00:00:10.000  kill (process 0, back 200)'],
      trace: ['00:01:01.002  somebody shows generation 2'],
    })
    expect(text).toContain('seed 12: P7 was broken at 00:01:01.002: something was lost')
    expect(text).toContain('kill (process 0, back 200)')
    expect(text).toContain('somebody shows generation 2')
  })
})

function noViolation(): SimulationReport {
  return {
    seed: 12,
    setting: decideSetting({ seed: 12 }),
    violation: null,
    tally: {},
    counts: { events: 0, tokenRequests: 0, elapsed: 0 },
    happenings: [],
    trace: [],
  }
}
