import { expect, it } from 'vitest'
import { whole } from '../../../../tools/extent.ts'
import { STORES } from './store-place.ts'
import { runStorm } from './storm.ts'

const STRIKES = 20
const PATIENCE = 600_000

// Chance decides what falls when, and the machine how long it takes: for `npm run test:whole`, and `npm run keeper:storm`.
it.runIf(whole).each(STORES)(
  'replicas on %s are replaced unseen; killed, paused and cut off, they leave no caller without a token or a reason',
  { timeout: PATIENCE },
  async (store) => {
    const report = await runStorm({ store, seed: 6, rolling: true, over: (strikes) => strikes >= STRIKES })
    expect(report.broken).toEqual([])
    expect(report.atOnce).toBe(1)
    expect(report.load.tokens).toBeGreaterThan(0)
    expect(report.load.tried).toBeGreaterThan(0)
  },
)
