import type { Scenario } from './scenario.ts'

const CALLS = 2_000
const SAMPLES = 60

/** The median time of one awaited call, in ns. */
async function timeOf(call: () => Promise<unknown>): Promise<number> {
  await new Promise(setImmediate)
  const begun = performance.now()
  for (let made = 0; made < CALLS; made += 1) await call()
  return ((performance.now() - begun) * 1e6) / CALLS
}

export const hotPath: Scenario = {
  name: 'hot-path',
  title: 'A token in hand',
  about:
    'What a call for the token costs when it is there, beside an async function that returns a constant; the samples of both alternate in one process.',
  columns: [
    { of: 'ratio', heading: '× async function', digits: 2 },
    { of: 'ns', heading: 'ns' },
    { of: 'bytes', heading: 'bytes a call' },
  ],
  rounds: 3,
  atOnce: 1,
  async run({ open, quick }) {
    const client = await open()
    await client.token()
    const ask = client.ask ?? (() => client.token())
    const token = 'constant'
    const floor = async () => token
    const times: Record<'mine' | 'floor', number[]> = { mine: [], floor: [] }
    for (let sample = 0; sample < (quick ? 6 : SAMPLES); sample += 1) {
      const order = sample % 2 === 0 ? (['mine', 'floor'] as const) : (['floor', 'mine'] as const)
      for (const who of order) times[who].push(await timeOf(who === 'mine' ? ask : floor))
    }
    const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
    const before = process.memoryUsage().heapUsed
    for (let made = 0; made < CALLS; made += 1) await ask()
    const bytes = (process.memoryUsage().heapUsed - before) / CALLS
    return { ratio: median(times.mine) / median(times.floor), ns: median(times.mine), bytes: Math.max(0, bytes) }
  },
}
